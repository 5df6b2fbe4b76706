import type { ListNode } from '../../base/lists/tree';
import { resourceUrl } from '../form/resource-url';

type ParseYaml = (text: string) => ListNode;

declare global {
  interface Window {
    DeviceLinkYaml?: { readonly parseYaml: ParseYaml };
  }
}

let loading: Promise<ParseYaml> | undefined;

/** The YAML parser, from the script beside that of the dialogs. Rejects with an Error that says in words why there is none. */
export function loadYaml(): Promise<ParseYaml> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<ParseYaml> {
  const script = document.createElement('script');
  script.src = resourceUrl('devicelink-yaml.js');
  await new Promise<void>((resolve, reject) => {
    script.addEventListener('load', () => {
      resolve();
    });
    script.addEventListener('error', () => {
      reject(new Error(`${script.src} cannot be loaded`));
    });
    document.head.append(script);
  });
  const parser = window.DeviceLinkYaml?.parseYaml;
  if (parser === undefined) throw new Error(`${script.src} is no YAML parser`);
  return parser;
}
