'use strict';
// Renews what is marked as live, every two seconds, from the page as the server writes it: there is one place that knows what the page looks like.
(() => {
  const pause = document.createElement('button');
  pause.type = 'button';
  pause.textContent = 'Pause';
  const note = document.createElement('span');
  note.setAttribute('role', 'status');
  document.getElementById('live').append(pause, ' ', note);
  let paused = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? 'Go on' : 'Pause';
  });
  const parts = page => [...page.querySelectorAll('[data-live]')];
  const shape = page => parts(page).map(part => part.id + ' ' + part.dataset.live).join('\n');
  const renew = next => {
    if (shape(next) !== shape(document)) {
      document.querySelector('main').replaceWith(document.adoptNode(next.querySelector('main')));
      return;
    }
    for (const part of parts(next)) {
      const old = document.getElementById(part.id);
      if (!old.contains(document.activeElement) && old.innerHTML !== part.innerHTML) {
        old.replaceChildren(...[...part.childNodes].map(node => document.adoptNode(node)));
      }
    }
  };
  const tick = async () => {
    if (!paused && !getSelection().isCollapsed) {
      note.textContent = 'Held while text is selected.';
    } else if (!paused && !document.hidden) {
      try {
        const answer = await fetch(location.href, {cache: 'no-store'});
        if (!answer.ok) {
          throw new Error(answer.status);
        }
        renew(new DOMParser().parseFromString(await answer.text(), 'text/html'));
        note.textContent = '';
      } catch (gone) {
        note.textContent = 'No answer: this is the state of the time at the left.';
      }
    }
    setTimeout(tick, 2000);
  };
  setTimeout(tick, 2000);
})();
