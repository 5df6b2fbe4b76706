import { DeviceError } from '../../base/errors';
import { describeProblems } from '../../base/fields/fields';
import type { Problem } from '../../base/fields/problems';

/** Codes of errors that only a flow can cause. */
export const FlowErrorCode = {
  /** An incoming message that says nothing this node can do; the text says what is expected. */
  BAD_MESSAGE: 'BAD_MESSAGE',
  /** Several properties failed, each for its own reason; `msg.error.cause` lists them. */
  SEVERAL: 'SEVERAL',
} as const;

/** One property's failure, as a Catch node finds it in `msg.error.cause`. */
export interface Failure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/**
 * An error as a Catch node may see it. Node-RED copies `code`, `stack` and `cause` into the message: here the cause is
 * plain data, never a live object, and there is no stack, which would tell a flow's author nothing.
 */
export class FlowError extends Error {
  readonly code: string;
  declare readonly cause?: readonly Failure[];

  constructor(code: string, message: string, failures?: readonly Failure[]) {
    super(message, failures === undefined ? undefined : { cause: failures });
    this.code = code;
    delete this.stack;
  }

  /** Node-RED shows this text: the words alone, without a class name before them. */
  override toString(): string {
    return this.message;
  }
}

export function toFlowError(error: unknown): FlowError {
  if (error instanceof FlowError) return error;
  if (!(error instanceof DeviceError)) {
    return new FlowError('INTERNAL', error instanceof Error ? error.message : String(error));
  }
  return new FlowError(error.code, withAdvice(error));
}

/** One error for all the properties that failed; its code is theirs if they agree on one. */
export function errorOfFailures(failures: readonly Failure[]): FlowError {
  const codes = new Set(failures.map((failure) => failure.code));
  const [code] = codes;
  const text = failures.map((failure) => `${failure.name}: ${failure.message}`).join('; ');
  return new FlowError(codes.size === 1 && code !== undefined ? code : FlowErrorCode.SEVERAL, text, failures);
}

export function failureOf(name: string, error: DeviceError): Failure {
  return { name, code: error.code, message: withAdvice(error) };
}

/** All that is wrong with a configuration, in one error. */
export function configError(problems: readonly Problem[]): DeviceError {
  return new DeviceError('CONFIG', describeProblems(problems));
}

function withAdvice(error: DeviceError): string {
  return error.advice === undefined ? error.message : `${error.message} (${error.advice})`;
}
