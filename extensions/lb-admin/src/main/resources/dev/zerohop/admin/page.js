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
  // The focus and a selection would be lost with the nodes that they are in.
  const used = part => part.contains(document.activeElement)
    || !getSelection().isCollapsed && getSelection().containsNode(part, true);
  // Says whether something was held back.
  const renew = next => {
    let held = false;
    if (shape(next) !== shape(document)) {
      const main = document.querySelector('main');
      held = used(main);
      if (!held) {
        main.replaceWith(document.adoptNode(next.querySelector('main')));
      }
    }
    for (const part of parts(next)) {
      const old = document.getElementById(part.id);
      if (old && old.dataset.live === part.dataset.live && old.innerHTML !== part.innerHTML) {
        if (used(old)) {
          held = true;
        } else {
          old.replaceChildren(...[...part.childNodes].map(node => document.adoptNode(node)));
        }
      }
    }
    return held;
  };
  const say = text => {
    if (note.textContent !== text) {
      note.textContent = text;
    }
  };
  let asking = false;
  let timer = 0;
  const tick = async () => {
    if (asking) {
      return;
    }
    clearTimeout(timer);
    if (!paused && !document.hidden) {
      asking = true;
      try {
        const answer = await fetch(location.href, {cache: 'no-store'});
        if (!answer.ok) {
          throw new Error(answer.status);
        }
        const held = renew(new DOMParser().parseFromString(await answer.text(), 'text/html'));
        say(held ? 'Held back where the focus or selected text is.' : '');
      } catch (gone) {
        say('No answer: this is the state of the time at the left.');
      }
      asking = false;
    }
    timer = setTimeout(tick, 2000);
  };
  // A page that is hidden asks nothing, and is new at once when it is seen again.
  document.addEventListener('visibilitychange', tick);
  timer = setTimeout(tick, 2000);
})();
