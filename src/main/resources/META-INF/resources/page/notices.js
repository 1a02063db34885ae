// Short messages about actions: notices, and alerts for errors. They disappear after a few seconds.
const SHOWN_MS = 8000;

export function showNotice(text) {
  show(document.getElementById('notice'), text);
}

export function showAlert(text) {
  show(document.getElementById('alert'), text);
}

function show(element, text) {
  clearTimeout(Number(element.dataset.timer));
  element.textContent = text;
  element.dataset.timer = setTimeout(() => { element.textContent = ''; }, SHOWN_MS);
}

/** The text for an error answer, which may be a problem (RFC 9457). Status 0 means that there was no answer. */
export function problemText(status, body) {
  try {
    const problem = JSON.parse(body);
    return `${problem.title}: ${problem.detail}`;
  } catch {
    return status === 0 ? 'The daemon does not answer.' : `The daemon answered with status ${status}.`;
  }
}
