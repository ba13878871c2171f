/**
 * The script of all pages, served at /catalog.js: copy buttons beside commands, results while one types on the first page,
 * and the forms of a profile's page whose scripts (browser/) it loads when they are first used. Pages are whole without it.
 */
export const script = `'use strict';
if (navigator.clipboard) {
  for (const command of document.querySelectorAll('.command')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(command.querySelector('code').textContent.trim());
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Not allowed';
      }
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    command.append(button);
  }
}
for (const [id, path] of [['attempt', '/can.js'], ['verification', '/verify.js']]) {
  const part = document.getElementById(id);
  if (!part) continue;
  const button = part.querySelector('button');
  const result = part.querySelector('[aria-live]');
  part.hidden = false;
  part.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    result.textContent = 'Working …';
    try {
      const { start } = await import(path);
      result.replaceChildren(...(await start(part)));
    } catch {
      result.textContent = 'This browser can’t do that; use the command.';
    }
    button.disabled = false;
  });
}
const field = document.querySelector('search input[name="q"]');
if (field && location.pathname === '/') {
  const found = document.createElement('p');
  found.className = 'unseen-text';
  found.setAttribute('role', 'status');
  document.body.append(found);
  let timer;
  let request;
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
  field.form.addEventListener('submit', () => {
    clearTimeout(timer);
    request?.abort();
  });
  async function search() {
    request?.abort();
    request = new AbortController();
    const query = field.value.trim();
    const address = query === '' ? '/' : '/?' + new URLSearchParams({ q: query });
    try {
      const response = await fetch(address, { signal: request.signal });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      document.querySelector('main').replaceWith(page.querySelector('main'));
      document.title = page.title;
      history.replaceState(null, '', address);
      found.textContent = document.querySelector('h1').textContent + ': ' +
        document.querySelectorAll('ul.profiles > li').length;
    } catch {
      // Aborted by the next letter, or offline: the form still works.
    }
  }
}
`;
