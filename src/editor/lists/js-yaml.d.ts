/** The part of js-yaml 4 that is used; the package has no types of its own. */
declare module 'js-yaml' {
  export interface Type {
    readonly tag: string;
  }
  export const Type: new (
    tag: string,
    options: {
      kind: 'scalar' | 'sequence' | 'mapping';
      multi?: boolean;
      resolve?: (data: unknown) => boolean;
      construct?: (data: unknown) => unknown;
    },
  ) => Type;
  export class Schema {
    extend(types: { implicit?: Type[]; explicit?: Type[] }): Schema;
  }
  export class YAMLException extends Error {
    readonly reason: string;
    /** `line` from 0. */
    readonly mark?: { readonly line: number };
  }
  export interface State {
    /** From 0. */
    readonly line: number;
    readonly result: unknown;
  }
  export const FAILSAFE_SCHEMA: Schema;
  export const types: { readonly merge: Type };
  export function loadAll(text: string, iterator: null, options: { schema: Schema }): unknown[];
  export function load(
    text: string,
    options: { schema: Schema; listener: (event: 'open' | 'close', state: State) => void },
  ): unknown;
}
