import { DeviceError } from '../../base/errors';
import type { Repair } from './database/database';
import type { StoreFault } from './database/fault';

/** What is wrong with a file store, in words that name the file and what to do. */
export function storeError(file: string, { kind, message }: Pick<StoreFault, 'kind' | 'message'>): DeviceError {
  const store = `the message store ${file}`;
  switch (kind) {
    case 'absent':
      return new DeviceError('MQTT_STORE_FAILED', `${store} needs SQLite, which this Node.js does not have`, {
        advice: 'Run Node-RED with Node.js 22.13 or later, built with SQLite, or choose the store "memory".',
      });
    case 'inUse':
      return new DeviceError('MQTT_STORE_IN_USE', `${store} is in use by ${message}`, {
        advice:
          'Give each process a directory of its own (client.store.directoryPrefix), each connection its own clientID.',
      });
    case 'newer':
      return new DeviceError(
        'MQTT_STORE_VERSION',
        `${store} was written by a later version of this package: ${message}`,
        {
          advice: 'Install that version again, let it send what is in the store, or choose another directory.',
        },
      );
    case 'foreign':
      return new DeviceError('MQTT_STORE_VERSION', `${store} is a database, but not a message store: ${message}`, {
        advice: 'Choose another directory (client.store.directoryPrefix).',
      });
    case 'full':
      return new DeviceError('MQTT_STORE_FULL', `${store} takes no more: the disk is full (${message})`, {
        advice: 'Make room on that disk; the store goes on by itself.',
      });
    case 'damaged':
      return new DeviceError('MQTT_STORE_DAMAGED', `${store} is damaged (${message})`);
    case 'failed':
      return new DeviceError('MQTT_STORE_FAILED', `${store} cannot be written: ${message}`, {
        advice: 'Check that its directory is there and writable; the store goes on by itself.',
      });
  }
}

export function storeFull(bytes: number, maxBytes: number): DeviceError {
  const text = `the message store is full: ${bytes} of ${maxBytes} bytes are in use`;
  const advice = 'Messages come faster than the broker takes them, or it is away: raise client.store.maxBytes.';
  return new DeviceError('MQTT_STORE_FULL', text, { advice });
}

/** What has been mended by itself, and is worth telling. */
export function repaired(file: string, repair: Repair): DeviceError {
  if (repair.what === 'restored') {
    return new DeviceError(
      'MQTT_STORE_FAILED',
      `the message store ${file} had gone, and was written anew with all that was in it`,
    );
  }
  const text = `the message store ${file} was damaged: ${repair.saved} messages of it could be read, the file is now ${repair.aside}`;
  return new DeviceError('MQTT_STORE_DAMAGED', text, { advice: 'Check the disk.' });
}

export function damagedMessages(file: string, count: number): DeviceError {
  const text = `${count} messages in the message store ${file} are damaged; they are set aside in its table "damaged"`;
  return new DeviceError('MQTT_STORE_DAMAGED', text, { advice: 'Check the disk.' });
}
