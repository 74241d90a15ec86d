import { h } from './dom.ts';

type Theme = 'light' | 'dark';

/** Follows the system until it is pressed. */
export function themeButton(): HTMLElement {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = (): Theme =>
    (document.documentElement.dataset['theme'] as Theme | undefined) ?? (system.matches ? 'dark' : 'light');
  const label = () => `${current() === 'dark' ? 'Light' : 'Dark'} theme`;
  const button = h('button', {
    type: 'button',
    class: 'theme',
    onclick: () => {
      document.documentElement.dataset['theme'] = current() === 'dark' ? 'light' : 'dark';
      button.textContent = label();
    },
  });
  button.textContent = label();
  system.addEventListener('change', () => {
    button.textContent = label();
  });
  return button;
}
