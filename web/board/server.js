// What aviary board --serve answers.

export async function get(what, query = {}) {
  const response = await fetch(`/api/${what}?${new URLSearchParams(query)}`, { cache: "no-store" });
  if (!response.ok) throw new Error((await response.text()) || response.statusText);
  return response.json();
}

/** changed(names) for runs that have changed; connected(true or false) whenever that changes. The browser connects again. */
export function follow(changed, connected) {
  const source = new EventSource("/api/events");
  source.addEventListener("runs", (event) => changed(JSON.parse(event.data).runs));
  source.addEventListener("open", () => connected(true));
  source.addEventListener("error", () => connected(false));
}
