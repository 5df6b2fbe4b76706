import type { Frame, FrameDecoder, Framing } from './framing';
import { mbap } from './mbap';

/**
 * MBAP frames of which each datagram holds whole ones: what does not fit is dropped with its datagram, and the next one is as good as
 * ever.
 */
export const mbapDatagrams: Framing = {
  matching: 'by-id',
  encode: (frame) => mbap.encode(frame),
  createDecoder: () => new DatagramDecoder(),
};

class DatagramDecoder implements FrameDecoder {
  readonly isMidFrame = false;
  isNoisy = false;

  push(datagram: Buffer): Frame[] {
    const decoder = mbap.createDecoder();
    try {
      const frames = decoder.push(datagram);
      this.isNoisy ||= decoder.isMidFrame;
      return frames;
    } catch {
      this.isNoisy = true;
      return [];
    }
  }

  reset(): void {
    this.isNoisy = false;
  }
}
