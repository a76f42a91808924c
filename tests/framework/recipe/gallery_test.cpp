// Every mistake that a recipe can hold, with the whole line that is shown for it.
#include <string>

#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::test::least;
using aviary::test::Recipes;

struct Gallery : testing::Test {
  // `least` takes lines 1 to 7, the mistake begins in line 8.
  std::string with(const std::string& lines) const { return recipes.complaints(least + lines); }
  std::string with(const std::string& lines, const std::string& setting) const {
    return recipes.complaints(least + lines, {setting});
  }
  std::string optimizer(const std::string& lines) const { return with(lines); }  // least ends within [optimizer]
  Recipes recipes;
};

TEST_F(Gallery, LeastRecipeIsFine) { EXPECT_EQ(with(""), "fine"); }

TEST_F(Gallery, UnknownTable) {
  EXPECT_EQ(with("[trainning]\nepochs = 3\n"), "r.toml:8:2: unknown key trainning; did you mean training?");
  EXPECT_EQ(with("[zebra]\n"),
            "r.toml:8:2: unknown key zebra; known: augment, checkpoint, curriculum, data, early_stopping, ema, gradient, "
            "limits, lint, log, loss, model, optimizer, provenance, scheduler, swa, training");
}

TEST_F(Gallery, UnknownKeyWithANearName) {
  EXPECT_EQ(optimizer("lrr = 1\n"), "r.toml:8:1: unknown key optimizer.lrr; did you mean lr?");
  EXPECT_EQ(optimizer("  momentun = 0.9\n"), "r.toml:8:3: unknown key optimizer.momentun; did you mean momentum?");
}

TEST_F(Gallery, UnknownKeyWithoutANearName) {
  EXPECT_EQ(optimizer("zebra = 1\n"),
            "r.toml:8:1: unknown key optimizer.zebra; known: dampening, lr, momentum, nesterov, no_decay, type, weight_decay");
  EXPECT_EQ(with("[limits]\nzebra = 1\n"), "r.toml:9:1: unknown key limits.zebra; known: epochs, parameters");
}

TEST_F(Gallery, WrongType) {
  EXPECT_EQ(optimizer("momentum = \"big\"\n"),
            "r.toml:8:12: optimizer.momentum is a text; expected a number, 0 to below 1 (0.9 is usual)");
  EXPECT_EQ(with("[training]\nepochs = 2.5\n"),
            "r.toml:9:10: training.epochs is a number; expected a whole number, 1 to 1000000");
  EXPECT_EQ(with("[training]\nepochs = 2026-11-25\n"),
            "r.toml:9:10: training.epochs is a date or time; expected a whole number, 1 to 1000000");
  EXPECT_EQ(optimizer("nesterov = 1\n"), "r.toml:8:12: optimizer.nesterov is a whole number; expected true or false");
  EXPECT_EQ(with("[training]\nmetric = true\n"),
            "r.toml:9:10: training.metric is true; expected a text, one of \"validation.top1\", \"validation.loss\", "
            "\"train.top1\", \"train.loss\", \"ema.top1\", \"ema.loss\"");
  EXPECT_EQ(with("[training]\nseed = {a = 1}\n"), "r.toml:9:8: training.seed is a table; expected a whole number, at least 0");
}

TEST_F(Gallery, WrongTimesToSave) {
  for (const std::string every :
       {"", "epochs", "10", "10 minutes", "2.5 batches", "0 batches", "-1 h", "inf h", "0 s", "1e3 s"})
    EXPECT_EQ(with("[checkpoint]\nevery = \"" + every + "\"\n"),
              "r.toml:9:9: checkpoint.every is not \"epoch\", a number of batches such as \"500 batches\", or a time such as "
              "\"8h30m\", \"90 min\" or \"45 s\"");
  for (const std::string every : {"epoch", "1 batches", "2h30m", "10 min", "30 s"})
    EXPECT_EQ(with("[checkpoint]\nevery = \"" + every + "\"\n"), "fine");
  EXPECT_EQ(with("[checkpoint]\nevery = 500\n"), "r.toml:9:9: checkpoint.every is a whole number; expected a text");
}

TEST_F(Gallery, WrongTrainingIngredients) {
  EXPECT_EQ(with("[ema]\ndecay = 1\n"), "r.toml:9:9: ema.decay is 1.0; expected 0 to below 1 (0.999 to 0.9999 is usual)");
  EXPECT_EQ(with("[swa]\n"),
            "r.toml:8:1: swa.epochs is missing; expected a whole number, at least 1: average the weights after each of so many "
            "last epochs");
  EXPECT_EQ(with("[swa]\nepochs = 60\n"), "r.toml:9:10: swa.epochs is 60, but the training has 50 epochs");
  EXPECT_EQ(with("[training]\nmetric = \"ema.top1\"\n"), "r.toml:9:10: training.metric is \"ema.top1\", but there is no [ema]");
  EXPECT_EQ(with("[gradient]\nclip_norm = 1\nclip_value = 1\n"),
            "r.toml:10:14: gradient.clip_value and gradient.clip_norm exclude each other");
  EXPECT_EQ(with("[loss]\nbalanced = true\nclass_weights = [1, 2]\n"),
            "r.toml:10:17: loss.class_weights and loss.balanced exclude each other");
}

TEST_F(Gallery, WrongTypeWithinAList) {
  EXPECT_EQ(with("[scheduler]\ntype = \"step\"\nat = [0.3, \"late\"]\n"),
            "r.toml:10:12: scheduler.at[1] is a text; expected a list of numbers, each 0 to 1, ascending");
}

TEST_F(Gallery, WrongStartOfAModel) {
  EXPECT_EQ(with("", "model.freeze=3"), "--set model.freeze: model.freeze is a whole number; expected a list of texts");
  EXPECT_EQ(with("", "model.lr_factors=0.1"),
            "--set model.lr_factors: model.lr_factors is a number; expected a table: { \"layer1\" = 0.1 }");
  EXPECT_EQ(with("", "model.lr_factors={ stem = -1, head = 1 }"),
            "--set model.lr_factors: model.lr_factors.\"stem\" is -1; expected a number, at least 0");
  EXPECT_EQ(with("", "model.weight=\"w.pt\""), "--set model.weight: unknown key model.weight; did you mean weights?");
}

TEST_F(Gallery, WrongNoDecayOfAnOptimizer) {
  EXPECT_EQ(
      optimizer("no_decay = [\"norm\", \"biases\"]\n"),
      "r.toml:8:12: optimizer.no_decay is [\"norm\", \"biases\"]; expected each one of \"norm\", \"bias\", \"classifier\"");
  EXPECT_EQ(optimizer("no_decay = \"norm\"\n"),
            "r.toml:8:12: optimizer.no_decay is a text; expected a list of texts, each one of \"norm\", \"bias\", "
            "\"classifier\"");
}

struct SamGallery : Gallery {
  std::string sam(const std::string& lines) const {
    return recipes.complaints("[data]\npath = \"p\"\n[model]\ntype = \"wide_resnet\"\n[optimizer]\ntype = \"sam\"\n" + lines);
  }
};

TEST_F(SamGallery, BaseOfItsOwn) {
  EXPECT_EQ(sam("no_decay = [\"norm\"]\n[optimizer.base]\ntype = \"sgd\"\nlr = 0.1\n"), "fine");
  EXPECT_EQ(
      sam(""),
      "r.toml:5:1: optimizer.base is missing; expected a table with a type, not \"sam\": the optimizer that takes the steps");
  EXPECT_EQ(sam("[optimizer.base]\ntype = \"sam\"\n"),
            "r.toml:8:8: optimizer.base.type is \"sam\"; expected another optimizer than that");
  EXPECT_EQ(sam("[optimizer.base]\ntype = \"sgd\"\nlr = 0.1\nmomentum = 1\n"),
            "r.toml:10:12: optimizer.base.momentum is 1.0; expected 0 to below 1 (0.9 is usual)");
}

TEST_F(SamGallery, RateAndDecayInTheWrongTable) {
  EXPECT_EQ(sam("lr = 0.1\n[optimizer.base]\ntype = \"sgd\"\nlr = 0.1\n"),
            "r.toml:7:1: unknown key optimizer.lr; known: adaptive, base, every, no_decay, rho, start, type");
  EXPECT_EQ(sam("[optimizer.base]\ntype = \"sgd\"\nlr = 0.1\nno_decay = [\"norm\"]\n"),
            "r.toml:10:1: unknown key optimizer.base.no_decay; known: dampening, lr, momentum, nesterov, type, weight_decay");
}

TEST_F(Gallery, OutOfRange) {
  EXPECT_EQ(optimizer("momentum = 1.5\n"), "r.toml:8:12: optimizer.momentum is 1.5; expected 0 to below 1 (0.9 is usual)");
  EXPECT_EQ(optimizer("momentum = nan\n"), "r.toml:8:12: optimizer.momentum is nan; expected 0 to below 1 (0.9 is usual)");
  EXPECT_EQ(optimizer("weight_decay = -1\n"),
            "r.toml:8:16: optimizer.weight_decay is -1.0; expected at least 0 (5e-4 is usual)");
  EXPECT_EQ(with("[training]\nepochs = 0\n"), "r.toml:9:10: training.epochs is 0; expected 1 to 1000000");
  EXPECT_EQ(with("[scheduler]\ntype = \"step\"\ngamma = 0\n"),
            "r.toml:10:9: scheduler.gamma is 0.0; expected above 0 and at most 1");
  EXPECT_EQ(with("[scheduler]\ntype = \"step\"\nat = [0.5, 0.5]\n"),
            "r.toml:10:6: scheduler.at is [0.5, 0.5]; expected each 0 to 1, ascending");
}

TEST_F(Gallery, WrongLength) {
  EXPECT_EQ(recipes.complaints("[data]\npath = \"p\"\nmean = [0.5, 0.5]\n[model]\ntype = \"wide_resnet\"\n"
                               "[optimizer]\ntype = \"sgd\"\nlr = 1\n"),
            "r.toml:3:8: data.mean is [0.5, 0.5]; expected exactly 3 entries, each 0 to 1");
}

TEST_F(Gallery, NoneOfTheChoices) {
  EXPECT_EQ(with("[training]\nmetric = \"test.top1\"\n"),
            "r.toml:9:10: training.metric is \"test.top1\"; expected one of \"validation.top1\", \"validation.loss\", "
            "\"train.top1\", \"train.loss\", \"ema.top1\", \"ema.loss\"");
}

TEST_F(Gallery, MissingRequiredKey) {
  EXPECT_EQ(
      recipes.complaints("[data]\npath = \"p\"\n[model]\ntype = \"wide_resnet\"\n[optimizer]\ntype = \"sgd\"\n"),
      "r.toml:5:1: optimizer.lr is missing; expected a number, at least 0 (0.1 is usual): learning rate that the schedule "
      "starts from");
}

TEST_F(Gallery, EmptyFile) {
  EXPECT_EQ(recipes.complaints(""),
            "r.toml:1:1: [model] is missing; expected a table with the model's type and settings\n"
            "r.toml:1:1: [optimizer] is missing; expected a table with the optimizer's type and settings\n"
            "r.toml:1:1: data.path is missing; expected a text: the data's folder (csv: the .csv file or its folder)");
}

TEST_F(Gallery, TypeThatIsMissingNoTextOrUnknown) {
  EXPECT_EQ(with("[scheduler]\n"), "r.toml:8:1: scheduler.type is missing; expected the name of a scheduler");
  EXPECT_EQ(with("[[augment]]\np = 1\n"), "r.toml:8:1: augment[0].type is missing; expected the name of an augmentation");
  EXPECT_EQ(with("[scheduler]\ntype = 3\n"), "r.toml:9:8: scheduler.type is a whole number; expected the name of a scheduler");
  EXPECT_EQ(with("[scheduler]\ntype = \"stp\"\n"),
            "r.toml:9:8: scheduler.type is \"stp\"; there is no such scheduler; did you mean step?");
  EXPECT_EQ(with("[scheduler]\ntype = \"sgd\"\n"),
            "r.toml:9:8: scheduler.type is \"sgd\"; there is no such scheduler; known: chain, constant, cosine, "
            "cosine_warmup_restarts, exponential, milestones, one_cycle, plateau, polynomial, step, warmup; --plugin-path DIR "
            "adds those of your own");
}

TEST_F(Gallery, AugmentThatIsNoListOfTables) {
  const std::string expected = "augment is not a list of tables; write [[augment]] once for each augmentation";
  EXPECT_EQ(with("[augment]\ntype = \"horizontal_flip\"\n"), "r.toml:8:1: " + expected);
  EXPECT_EQ(recipes.complaints("augment = [1]\n" + least),
            "r.toml:1:12: augment[0] is a whole number; expected a table with a type");
}

TEST_F(Gallery, WrongSinks) {
  EXPECT_EQ(with("[log]\ntensorbord = true\n"), "r.toml:9:1: unknown key log.tensorbord; did you mean tensorboard?");
  EXPECT_EQ(with("[log]\nplugins = \"webhook\"\n"),
            "r.toml:9:11: log.plugins is not a list of tables; write [[log.plugins]] once for each sink");
  EXPECT_EQ(with("[[log.plugins]]\ntype = \"webhok\"\n"),
            "r.toml:9:8: log.plugins[0].type is \"webhok\"; there is no such sink; did you mean webhook?");
  EXPECT_EQ(with("[log]\nplugins = [{ type = \"webhook\" }]\n"),
            "r.toml:9:12: log.plugins[0].url is missing; expected a text: where each event is posted; ${NAME} in its path is "
            "taken from the environment");
  const std::string webhook = "[[log.plugins]]\ntype = \"webhook\"\n";
  for (const std::string url : {"birds.example", "ftp://birds.example/", "http://", "https://user:word@birds.example/",
                                "http://birds.example/a b", "http://${HOST}/"})
    EXPECT_EQ(with(webhook + "url = \"" + url + "\"\n"),
              "r.toml:10:7: log.plugins[0].url is not an address to post to; expected http://HOST/PATH or https://HOST/PATH");
  for (const std::string url : {"http://birds.example", "https://[::1]:8080/a/${TOKEN}?b=c"})
    EXPECT_EQ(with(webhook + "url = \"" + url + "\"\n"), "fine");
  const std::string headers = webhook + "url = \"http://birds.example\"\nheaders = ";
  EXPECT_EQ(with(headers + "[\"X-Group: birds\", \"Authorization\"]\n"),
            "r.toml:11:11: log.plugins[0].headers has one that is none; expected \"NAME: VALUE\"");
  EXPECT_EQ(with(headers + "[\"authorization: Bearer 1234\"]\n"),
            "r.toml:11:11: log.plugins[0].headers holds a secret, which everyone who gets the recipe would read; put it into "
            "the environment, and write ${NAME} for it");
  EXPECT_EQ(with(headers + "[\"Authorization: Bearer ${TOKEN}\"]\n"), "fine");
}

TEST_F(Gallery, SecondAugmentationIsNumbered) {
  EXPECT_EQ(with("[[augment]]\ntype = \"horizontal_flip\"\n[[augment]]\ntype = \"horizontal_flip\"\nprobability = 2\n"),
            "r.toml:12:15: augment[1].probability is 2.0; expected 0 to 1");
}

TEST_F(Gallery, SectionThatIsNoTable) {
  EXPECT_EQ(recipes.complaints("training = 3\n" + least), "r.toml:1:12: training is a whole number; expected a table");
  EXPECT_EQ(recipes.complaints("scheduler = \"step\"\n" + least),
            "r.toml:1:13: scheduler is a text; expected a table with a type");
}

TEST_F(Gallery, BrokenRule) {
  EXPECT_EQ(optimizer("nesterov = true\nmomentum = 0\n"), "r.toml:8:12: optimizer.nesterov needs a momentum above 0");
  EXPECT_EQ(optimizer("nesterov = true\nmomentum = 0.9\ndampening = 0.1\n"),
            "r.toml:8:12: optimizer.nesterov needs a dampening of 0");
  EXPECT_EQ(recipes.complaints("[data]\npath = \"p\"\n[model]\ntype = \"wide_resnet\"\ndepth = 17\n"
                               "[optimizer]\ntype = \"sgd\"\nlr = 1\n"),
            "r.toml:5:9: model.depth must be 6 N + 4: 10, 16, 22, 28, 34, 40, ...");
}

TEST_F(Gallery, ScheduleThatDoesNotFitItself) {
  EXPECT_EQ(with("[scheduler]\ntype = \"cosine_warmup_restarts\"\nT_0 = 9\nT_up = 9\n"),
            "r.toml:11:8: scheduler.T_up must be below T_0");
  EXPECT_EQ(with("[scheduler]\ntype = \"milestones\"\nmilestones = [45, 43]\n"),
            "r.toml:10:14: scheduler.milestones is [45, 43]; expected each at least 0, ascending");
  EXPECT_EQ(with("[scheduler]\ntype = \"milestones\"\nmilestones = [43, 45]\ngamma = [0.1, 0.2, 0.3]\n"),
            "r.toml:11:9: scheduler.gamma must be one number, or one for each milestone");
}

TEST_F(Gallery, ScheduleThatDoesNotFitTheTraining) {
  EXPECT_EQ(with("[scheduler]\ntype = \"milestones\"\nmilestones = [43, 50]\n"),
            "r.toml:10:14: scheduler.milestones has epoch 50, which is past the end of 50 epochs; they count from 0");
  EXPECT_EQ(with("[scheduler]\ntype = \"warmup\"\nwarmup_epochs = 51\nschedule = { type = \"constant\" }\n"),
            "r.toml:10:17: scheduler.warmup_epochs is 51, past the end of 50 epochs");
  EXPECT_EQ(with("[scheduler]\ntype = \"plateau\"\nmode = \"min\"\n"),
            "r.toml:10:8: scheduler.mode is \"min\", but training.metric is better the other way round; leave mode out");
  EXPECT_EQ(with("[training]\nmetric = \"train.loss\"\n[scheduler]\ntype = \"plateau\"\nmode = \"min\"\n"), "fine");
}

TEST_F(Gallery, ChainThatDoesNotFitTheTraining) {
  const std::string two = "[[scheduler.schedules]]\ntype = \"constant\"\n[[scheduler.schedules]]\ntype = \"exponential\"\n";
  const std::string chain = "[scheduler]\ntype = \"chain\"\n";
  EXPECT_EQ(with(chain + "epochs = [30, 21]\n" + two),
            "r.toml:10:10: scheduler.epochs adds up to 51; the training has 50 epochs");
  EXPECT_EQ(with(chain + "epochs = [30, 19]\n" + two),
            "r.toml:10:10: scheduler.epochs adds up to 49; the training has 50 epochs");
  EXPECT_EQ(with(chain + two),
            "r.toml:8:1: scheduler.epochs has 0 numbers for 2 schedules; expected one for each, or for all but "
            "the last");
  EXPECT_EQ(with(chain + "schedules = []\n"),
            "r.toml:10:13: scheduler.schedules is empty; expected a table for each schedule, in order");
  EXPECT_EQ(with(chain),
            "r.toml:8:1: scheduler.schedules is missing; expected a list of tables with a type: the schedules, in order");
  EXPECT_EQ(with(chain + "epochs = [30, 20]\n" + two + "gama = 1\n"),
            "r.toml:15:1: unknown key scheduler.schedules[1].gama; did you mean gamma?");
  EXPECT_EQ(
      with(chain + "epochs = [40, 10]\n" + two.substr(0, two.rfind("exp")) + "milestones\"\nmilestones = [3, 43]\n"),
      "r.toml:15:14: scheduler.schedules[1].milestones has epoch 43, which is past the end of 10 epochs; they count from 0");
}

TEST_F(Gallery, SeveralMistakesAreSortedByPlace) {
  EXPECT_EQ(
      with("zebra = 1\nmomentum = 2\n[training]\nseed = -1\nepochs = 0\n[[augment]]\ntype = \"horizontal_flop\"\n"),
      "r.toml:8:1: unknown key optimizer.zebra; known: dampening, lr, momentum, nesterov, no_decay, type, weight_decay\n"
      "r.toml:9:12: optimizer.momentum is 2.0; expected 0 to below 1 (0.9 is usual)\n"
      "r.toml:11:8: training.seed is -1; expected at least 0\n"
      "r.toml:12:10: training.epochs is 0; expected 1 to 1000000\n"
      "r.toml:14:8: augment[0].type is \"horizontal_flop\"; there is no such augmentation; did you mean horizontal_flip?");
}

TEST_F(Gallery, MistakesInTheGrandparentsFile) {
  recipes.write("old/grandparent.toml", least + "momentum = 7\nmomentun = 1\n");
  recipes.write("parent.toml", "extends = \"old/grandparent.toml\"\n[training]\nepochs = 3\n");
  EXPECT_EQ(recipes.complaints("extends = \"parent.toml\"\n[training]\nseed = -2\n"),
            "old/grandparent.toml:8:12: optimizer.momentum is 7.0; expected 0 to below 1 (0.9 is usual)\n"
            "old/grandparent.toml:9:1: unknown key optimizer.momentun; did you mean momentum?\n"
            "r.toml:3:8: training.seed is -2; expected at least 0");
}

TEST_F(Gallery, SyntaxErrorStandsAlone) {
  const std::string line = recipes.complaints("[training]\nepochs = = 3\nseed = -1\n");
  EXPECT_EQ(line.substr(0, 12), "r.toml:2:10:") << line;
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

TEST_F(Gallery, MistakesOfTheCommandLine) {
  EXPECT_EQ(recipes.complaints(least, {"optimizer.lr=fast", "optimizer.lrr=1", "training.seed=-1"}),
            "--set optimizer.lr: optimizer.lr is a text; expected a number, at least 0 (0.1 is usual)\n"
            "--set optimizer.lrr: unknown key optimizer.lrr; did you mean lr?\n"
            "--set training.seed: training.seed is -1; expected at least 0");
  EXPECT_EQ(recipes.complaints(least, {"optimizer.lr"}), "--set optimizer.lr: expected KEY=VALUE, such as optimizer.lr=0.01");
  EXPECT_EQ(recipes.complaints(least, {"=3"}), "--set =3: expected KEY=VALUE, such as optimizer.lr=0.01");
  EXPECT_EQ(recipes.complaints(least, {".=3"}),
            "--set .: unknown key ; known: augment, checkpoint, curriculum, data, early_stopping, ema, gradient, "
            "limits, lint, log, loss, model, optimizer, provenance, scheduler, swa, training");
}

TEST_F(Gallery, ParentThatIsNotThere) {
  EXPECT_EQ(recipes.complaints("extends = \"none.toml\"\n"), "r.toml:1:11: extends \"none.toml\": there is no file none.toml");
  EXPECT_EQ(recipes.complaints("extends = [\"a.toml\"]\n"),
            "r.toml:1:11: extends takes the file name of one recipe, as a text");
}

TEST_F(Gallery, ParentsInACircle) {
  EXPECT_EQ(recipes.complaints("extends = \"r.toml\"\n"), "r.toml:1:11: extends goes in a circle: r.toml -> r.toml");
  recipes.write("a.toml", "extends = \"b.toml\"\n");
  recipes.write("b.toml", "\nextends = \"a.toml\"\n");
  EXPECT_EQ(recipes.complaints_of("a.toml"), "b.toml:2:11: extends goes in a circle: a.toml -> b.toml -> a.toml");
}

}  // namespace
