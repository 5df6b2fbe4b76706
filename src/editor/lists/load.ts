import type { ListTools } from '../paste/paste';
import { resourceUrl } from '../form/resource-url';

declare global {
  interface Window {
    DeviceLinkLists?: ListTools;
  }
}

let loading: Promise<ListTools> | undefined;

/** What reads lists of Modbus registers, from the script beside that of the dialogs. Rejects with an Error that says in words why there is none. */
export function loadLists(): Promise<ListTools> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<ListTools> {
  const script = document.createElement('script');
  script.src = resourceUrl('devicelink-lists.js');
  await new Promise<void>((resolve, reject) => {
    script.addEventListener('load', () => {
      resolve();
    });
    script.addEventListener('error', () => {
      reject(new Error(`${script.src} cannot be loaded`));
    });
    document.head.append(script);
  });
  const tools = window.DeviceLinkLists;
  if (tools === undefined) throw new Error(`${script.src} does not read lists`);
  return tools;
}
