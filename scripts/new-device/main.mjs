/** `npm run new-device lamp`: see CONTRIBUTING.md, "How to add a device". */
import path from 'node:path';
import { newDevice } from './new-device.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const [name = ''] = process.argv.slice(2);
try {
  const files = await newDevice(root, name);
  console.log(`made:\n${files.map((file) => `  ${file}`).join('\n')}

now:
  npx vitest run test/unit/drivers/${name}     red: make the peer in it answer, then the driver
  npm run build                           says what is missing
  npm run dev                             shows it in the editor

when it works: docs/nodes/${name}-device.md, an example, an icon (icons/${name}-device.svg, "icon" in definition.json), the CHANGELOG.`);
} catch (error) {
  console.error(`new-device: ${error.message}`);
  process.exitCode = 1;
}
