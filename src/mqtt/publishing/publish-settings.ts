import { FieldReader } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import { PAYLOAD_SHAPES, type PayloadShape } from '../../device/documents/status-document';

/** What of a device is published, and when: docs/contract.md#publish. */
export interface PublishSettings {
  /** Whether anything is; absent: as is usual for the kind of device. */
  readonly enabled?: boolean;
  /** The shape of the status on the device's topic. Default `octopus`. */
  readonly payload: PayloadShape;
  /** `sync` (default): whenever readings came; `change`: when a value or quality changed. */
  readonly when: 'sync' | 'change';
  /** What becomes of messages that the broker does not take at once; absent: `all` at QoS 1 and 2, `latest` at QoS 0. */
  readonly backlog?: Backlog;
  /** What leaves first after an outage: what has waited (`inOrder`, the default), or new values (`newestFirst`). */
  readonly replay?: 'inOrder' | 'newestFirst';
  /** The member that has the time of the message in the shape `values`; absent: none. */
  readonly timestamp?: string;
  /** Also each property's value at `<topic>/<property>`. */
  readonly perProperty: boolean;
  /** Retained `online` / `offline` at `<topic>/$availability`. */
  readonly availability: boolean;
  /** Take writes at `<topic>/set` and `<topic>/<property>/set`. */
  readonly commands: boolean;
  /** Several programs that serve this device with the same name share its commands: each goes to one of them. */
  readonly shareName?: string;
}

/** `all`: each is sent, in order; `latest`: of each topic the newest alone. */
export type Backlog = 'all' | 'latest';

const BACKLOGS = ['all', 'latest'] as const;

/** Reads a `publish` block as in the flow; `field` is its path for messages. */
export function parsePublishOptions(raw: unknown, field: string): Checked<PublishSettings> {
  const reader = new FieldReader(raw, field);
  const timestamp = reader.string('timestamp');
  const shareName = reader.string('shareName');
  if (/[/+#\p{Cc}]/u.test(shareName)) reader.fail('shareName', 'must be a name without "/", "+" and "#"');
  return reader.check({
    ...(reader.given('enabled') !== undefined && { enabled: reader.boolean('enabled', true) }),
    payload: reader.oneOf('payload', PAYLOAD_SHAPES, 'octopus'),
    when: reader.oneOf('when', ['sync', 'change'], 'sync'),
    ...(reader.given('backlog') !== undefined && { backlog: reader.oneOf('backlog', BACKLOGS, 'all') }),
    replay: reader.oneOf('replay', ['inOrder', 'newestFirst'], 'inOrder'),
    ...(timestamp !== '' && { timestamp }),
    perProperty: reader.boolean('perProperty', false),
    availability: reader.boolean('availability', false),
    commands: reader.boolean('commands', false),
    ...(shareName !== '' && { shareName }),
  });
}
