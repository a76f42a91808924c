// A program that does nothing, linked with LibTorch: what predict.sh compares a cold start with.
int main() { return 0; }
