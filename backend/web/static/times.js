// Times in the viewer's zone: "4 min ago", "Tue 14:05", "3 Nov"; the exact instant with its zone on hover.

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export function told(at, now = new Date()) {
  const seconds = (now - at) / 1000;
  if (seconds < -60) return `${(at.getFullYear() === now.getFullYear() ? day : dayOfYear).format(at)} ${clock.format(at)}`;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (at.toDateString() === now.toDateString()) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 6 * 86400) return `${weekday.format(at)} ${clock.format(at)}`;
  return (at.getFullYear() === now.getFullYear() ? day : dayOfYear).format(at);
}

export function tellTimes(root = document) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const words = told(at);
    if (time.textContent !== words) time.textContent = words;
    time.title = exact.format(at);
  }
}
