// All text goes in by textContent: file names, labels and messages are written by strangers.

export function byId(id) {
  return document.getElementById(id);
}

export function make(name, className, text = '') {
  const element = document.createElement(name);
  if (className) {
    element.className = className;
  }
  element.textContent = text;
  return element;
}

/** Writes only what has changed, so that screen readers are told only that. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
