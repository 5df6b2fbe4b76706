import type { StatusCode, WriteValueOptions } from 'node-opcua-client';
import type { Write, WriteResult } from '../../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { isLinkError, type Outcome } from '../library/batches';
import type { OpcUaProperty } from '../config/property';
import { statusError } from '../library/status-item';
import type { UaLink } from './link';
import { makeWriteRequest, type Target } from './write-request';

/**
 * Writes values, as many in one request as the server takes, in the order given. One result per write; what the server
 * says of each is told by its name. Rejects only when the link is lost or the signal aborted.
 */
export async function writeProperties(
  writes: readonly Write<OpcUaProperty>[],
  link: UaLink,
  signal: AbortSignal,
): Promise<WriteResult[]> {
  const targets = await targetsOf(writes, link, signal);
  const errors = new Map<number, DeviceError>();
  let pending: { readonly index: number; readonly request: WriteValueOptions }[] = [];
  const send = async (): Promise<void> => {
    const batch = pending;
    pending = [];
    const outcomes = await link.writes.run(batch, signal, (part) =>
      link.ua.session.write(part.map(({ request }) => request)),
    );
    outcomes.forEach((outcome, at) => {
      const index = batch[at]?.index ?? -1;
      const error = errorOf(outcome, writes[index]);
      if (error !== undefined) errors.set(index, error);
    });
  };
  for (const [index, write] of writes.entries()) {
    const target = targets[index];
    try {
      if (target?.ok !== true) throw target?.error ?? new DeviceError(ErrorCode.BAD_RESPONSE, 'the node was not found');
      // A part of a structure is merged into what the server holds, which earlier writes may have changed.
      if (target.answer.type?.builtIn === 'ExtensionObject') await send();
      pending.push({ index, request: await makeWriteRequest(write, target.answer, link, signal) });
    } catch (error) {
      const reason = toDeviceError(error, ErrorCode.BAD_VALUE);
      if (signal.aborted || isLinkError(reason)) throw error;
      errors.set(index, reason);
    }
  }
  await send();
  return writes.map(({ property: { name } }, index) => {
    const error = errors.get(index);
    return error === undefined ? { name } : { name, error };
  });
}

async function targetsOf(
  writes: readonly Write<OpcUaProperty>[],
  link: UaLink,
  signal: AbortSignal,
): Promise<Outcome<Target>[]> {
  const nodes = await link.addresses.resolve(
    writes.map(({ property }) => property.visitor),
    signal,
  );
  const needed = nodes.flatMap((node, index) =>
    node.ok && writes[index]?.property.visitor.attribute === 'Value' ? [node.answer] : [],
  );
  const types = await link.types.typesOf(needed, signal);
  let next = 0;
  return nodes.map((node, index): Outcome<Target> => {
    if (!node.ok) return node;
    if (writes[index]?.property.visitor.attribute !== 'Value') return { ok: true, answer: { nodeId: node.answer } };
    const type = types[next++];
    if (type?.ok === true) return { ok: true, answer: { nodeId: node.answer, type: type.answer } };
    return type ?? { ok: false, error: new DeviceError(ErrorCode.BAD_RESPONSE, 'the type of the node is unknown') };
  });
}

function errorOf(outcome: Outcome<StatusCode>, write: Write<OpcUaProperty> | undefined): DeviceError | undefined {
  return outcome.ok ? statusError(outcome.answer, write?.property.name ?? '') : outcome.error;
}
