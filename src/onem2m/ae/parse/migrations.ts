import type { Migration } from '../../../base/fields/migrations';

/** What `onem2m-ae` was in earlier versions: nothing else, so far. Pure: also runs in the editor. */
export const AE_MIGRATIONS: readonly Migration[] = [];
