// What has been done is told politely, what has failed at once; both vanish by themselves.
const SHOWN_MS = 8000;

export function tell(text) {
  show(document.getElementById('told'), text);
}

export function warn(text) {
  show(document.getElementById('warned'), text);
}

function show(element, text) {
  clearTimeout(Number(element.dataset.timer));
  element.textContent = text;
  element.dataset.timer = setTimeout(() => { element.textContent = ''; }, SHOWN_MS);
}

/** The text of a problem (RFC 9457), or of an answer that is none. */
export function problemText(status, body) {
  try {
    const problem = JSON.parse(body);
    return `${problem.title}: ${problem.detail}`;
  } catch {
    return status === 0 ? 'The daemon does not answer.' : `The daemon answers with ${status}.`;
  }
}
