import { formatDuration } from '../../base/duration';
import type { ErrorInfo } from '../../base/errors';
import type { Clock, TimerHandle } from '../../base/ports';
import type { StoredStatus } from '../../mqtt/extension/observed-status';
import type { Badge } from '../common/badge';

/** What is in a store changes with each message; who looks at a badge does so for longer. */
const REFRESH_MS = 5000;

/** The badge of an extension: whether it is connected, and what waits in its file store. */
export class ExtensionBadge {
  private down: ErrorInfo | undefined;
  private fallback: string | undefined;
  private timer: TimerHandle;

  /** `word`: of the server's language for "stored". */
  constructor(
    private readonly badge: Badge,
    private readonly stored: () => StoredStatus | undefined,
    private readonly clock: Clock,
    private readonly word: string,
  ) {
    if (stored() !== undefined) this.refreshLater();
  }

  /** `fallback`: the server, where that is another than the first of several. */
  connected(fallback?: string): void {
    this.down = undefined;
    this.fallback = fallback;
    this.show();
  }

  disconnected(error: ErrorInfo): void {
    this.down = { code: error.code, message: error.message };
    this.show();
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
  }

  private show(): void {
    const { down } = this;
    const stored = this.stored();
    const failing = stored?.lastError;
    const inStore = stored === undefined || stored.messages === 0 ? undefined : this.describe(stored);
    const reason = down ?? failing;
    const words = [this.fallback, inStore].filter((each) => each !== undefined);
    if (reason === undefined) this.badge.show('healthy', words.length === 0 ? undefined : words.join(', '));
    else {
      const message = inStore === undefined ? reason.message : `${inStore}; ${reason.message}`;
      this.badge.show(down === undefined ? 'degraded' : 'unhealthy', { code: reason.code, message });
    }
  }

  /** `stored 120 (3.4 kB, 2m5s)`: messages, bytes, age of the oldest. */
  private describe({ messages, bytes, oldest }: StoredStatus): string {
    const age = Math.max(0, this.clock.now() - Date.parse(oldest ?? '') || 0);
    return `${this.word} ${messages} (${(bytes / 1000).toFixed(1)} kB, ${formatDuration(Math.floor(age / 1000) * 1000)})`;
  }

  private refreshLater(): void {
    this.timer = this.clock.setTimeout(() => {
      this.show();
      this.refreshLater();
    }, REFRESH_MS);
  }
}
