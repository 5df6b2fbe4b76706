import type { Dialog } from './dialog';
import type { Text } from './edited-node';
import { element } from './elements';

/** The answer of `POST devicelink/test`. */
export interface TestReply {
  readonly ok: boolean;
  readonly state?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly problems?: readonly { readonly field: string; readonly message: string }[];
  readonly readings?: readonly {
    readonly name: string;
    readonly value?: unknown;
    readonly quality: string;
    readonly error?: { readonly message: string };
  }[];
  readonly durationMs?: number;
}

/** Connects and reads once on the server, with the settings as they are in the dialog. */
export function createTestButton(dialog: Dialog, settings: () => Record<string, unknown>): void {
  const button = dialog.form.querySelector<HTMLButtonElement>('[data-test-button]');
  const output = dialog.form.querySelector<HTMLElement>('[data-test-result]');
  if (button === null || output === null) return;
  const { text } = dialog;
  button.addEventListener('click', () => {
    button.disabled = true;
    output.replaceChildren(
      element('i', { class: 'fa fa-spinner fa-spin', 'aria-hidden': 'true' }),
      text('test.running'),
    );
    void ask({ type: dialog.node.type, node: settings() })
      .then((reply) => output.replaceChildren(...describe(reply, text)))
      .catch((error: unknown) => output.replaceChildren(failure(text('test.unreachable'), messageOf(error))))
      .finally(() => {
        button.disabled = false;
      });
  });
}

/** jQuery, because Node-RED gives its requests the user's access token. */
async function ask(body: unknown): Promise<TestReply> {
  return (await $.ajax({
    url: 'devicelink/test',
    method: 'POST',
    contentType: 'application/json',
    data: JSON.stringify(body),
    timeout: 60_000,
  })) as TestReply;
}

/** What a failed jQuery request rejects with. */
interface Refusal {
  readonly responseJSON?: { readonly message?: unknown };
  readonly status?: number;
  readonly statusText?: string;
}

function messageOf(error: unknown): string {
  const { responseJSON, status, statusText } = error as Refusal;
  const message = responseJSON?.message;
  return typeof message === 'string' ? message : `${status ?? ''} ${statusText ?? String(error)}`.trim();
}

function describe(reply: TestReply, text: Text): HTMLElement[] {
  const parts: HTMLElement[] = [];
  const duration = reply.durationMs === undefined ? '' : ` (${Math.round(reply.durationMs)} ms)`;
  if (reply.ok) parts.push(element('div', { class: 'devicelink-good' }, text('test.ok') + duration));
  if (reply.error !== undefined) parts.push(failure(text('test.failed') + duration, reply.error.message));
  for (const { field, message } of reply.problems ?? []) parts.push(failure(field, message));
  if (!reply.ok && parts.length === 0) parts.push(failure(text('test.failed'), reply.state ?? ''));
  if (reply.readings !== undefined && reply.readings.length > 0) parts.push(readingTable(reply.readings, text));
  return parts;
}

const failure = (title: string, message: string): HTMLElement =>
  element('div', { class: 'devicelink-wrong' }, message === '' ? title : `${title}: ${message}`);

function readingTable(readings: NonNullable<TestReply['readings']>, text: Text): HTMLElement {
  const rows = readings.map(({ name, value, quality, error }) =>
    element(
      'tr',
      quality === 'good' ? {} : { class: 'devicelink-wrong' },
      element('td', {}, name),
      element('td', {}, error === undefined ? valueText(value) : error.message),
    ),
  );
  const title = (key: 'name' | 'value') =>
    element('th', { scope: 'col' }, key === 'name' ? text('properties.name') : text('test.value'));
  return element(
    'table',
    { class: 'devicelink-readings' },
    element('thead', {}, element('tr', {}, title('name'), title('value'))),
    element('tbody', {}, ...rows),
  );
}

const valueText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
