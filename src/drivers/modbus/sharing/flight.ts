import { ErrorCode, type DeviceError } from '../../../base/errors';
import { isException, ModbusException } from '../pdu/exceptions';
import { isReadRequest } from '../pdu/request';
import type { Job } from './job';
import type { Instead, Link } from './link';

/** A request that was sent and is not settled. */
export interface Flight {
  readonly job: Job;
  readonly sentAt: number;
  /** How many were in flight with it when it was sent. */
  readonly place: number;
  /** Answers the link had received when the request was sent. */
  readonly receivedBefore: number;
  readonly straysBefore: number;
  /** UnitHealth.verdicts of its unit when it was sent. */
  readonly verdictsBefore: number;
  /** Another was in flight at some time. */
  isBeside: boolean;
  isOverdue: boolean;
  giveUp: () => void;
  callOff: () => void;
}

/** So often a request is sent again where datagrams may be lost. */
const MOST_LOSSES = 2;

/** Asking again changes nothing; a write that was lost with its answer may have been carried out. */
export const mayBeLost = ({ job }: Flight): boolean => isReadRequest(job.request) && job.losses < MOST_LOSSES;

/** It was beside others because that was left to us to find out. */
const isOnTrial = ({ job, isBeside }: Flight): boolean => isBeside && job.sharer.pipelining === 'auto';

/** An answer that may come of several requests at a time, where their number is ours to find. */
export const isTrouble = (flight: Flight, error: DeviceError): boolean =>
  isOnTrial(flight) &&
  (error.code === ErrorCode.BAD_RESPONSE ||
    isException(error, ModbusException.ACKNOWLEDGE, ModbusException.SERVER_BUSY));

/** The peer broke the link while several requests were in flight, whose number was ours to find. */
export const isDrivenAway = (flight: Flight, error: DeviceError): boolean =>
  isOnTrial(flight) && error.code === ErrorCode.LINK_LOST && !flight.job.isRepeated;

/**
 * It was not answered, and it was beside others that were; where their number is ours to find, beside others at all, until one was
 * acquitted: silent alone, too. There are servers that answer only the first of what comes together. `received`: answers the link has
 * received by now.
 */
export function mayBeOvertaken(flight: Flight, received: number, hasAcquitted: boolean): boolean {
  const { job, isBeside, receivedBefore } = flight;
  if (!isBeside || job.isRepeated || !isReadRequest(job.request)) return false;
  return received > receivedBefore || (isOnTrial(flight) && !hasAcquitted);
}

/** What came over the link while `flight` waited for its answer. */
export function cameInstead({ straysBefore }: Flight, link: Link | undefined): Instead | 'stray id' | undefined {
  if (link === undefined) return undefined;
  return link.instead ?? (link.strays > straysBefore ? 'stray id' : undefined);
}
