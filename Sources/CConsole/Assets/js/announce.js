// What somebody who does not see the page hears.

let last = "";

export function announce(text) {
  if (!text || text === last) return;
  last = text;
  document.getElementById("announcer").textContent = text;
}
