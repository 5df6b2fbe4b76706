import type { Text } from '../form/edited-node';

/**
 * Makes tabs of the children of `form` that have `data-tab="key"`; the label is the text `tabs.<key>`.
 * Answers what marks those that hold a mistake. `shown` is told the key of each tab that comes to the front.
 */
export function createTabs(form: HTMLElement, text: Text, shown: (key: string) => void): { mark(): void } {
  const bar = form.querySelector<HTMLElement>('.devicelink-tabs');
  const panels = [...form.querySelectorAll<HTMLElement>('[data-tab]')];
  if (bar === null) return { mark: () => undefined };
  const idOf = (panel: HTMLElement) => `devicelink-tab-${panel.dataset['tab'] ?? ''}`;
  const tabs = RED.tabs.create({
    element: $(bar),
    onchange: ({ id }) => {
      for (const panel of panels) {
        panel.hidden = idOf(panel) !== id;
        if (!panel.hidden) shown(panel.dataset['tab'] ?? '');
      }
    },
  });
  for (const panel of panels) tabs.addTab({ id: idOf(panel), label: text(`tabs.${panel.dataset['tab'] ?? ''}`) });
  return {
    mark() {
      for (const panel of panels) {
        const isWrong = panel.querySelector('[aria-invalid], .devicelink-property-wrong') !== null;
        bar.querySelector(`#red-ui-tab-${idOf(panel)}`)?.classList.toggle('devicelink-tab-wrong', isWrong);
      }
    },
  };
}
