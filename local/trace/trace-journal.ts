import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LogEntry } from '../logging/log-store';
import type { Span } from './span';
import { spanFromJson, type SpanJson, stringify } from './span-json';

/** How much is kept on disk: the oldest segment goes when there is more. */
const LIMITS = { segmentBytes: 4 * 1024 * 1024, totalBytes: 32 * 1024 * 1024 };

/** One line of a segment. */
interface JournalRecord {
  readonly spans?: readonly SpanJson[];
  readonly log?: LogEntry;
  /** Ids of traces whose other records were in a segment that is gone. */
  readonly forgotten?: readonly string[];
  /** Nothing before this is kept. */
  readonly cleared?: true;
}

interface JournalOptions {
  /** Created where it does not exist. */
  readonly directory: string;
  /** Told of what the journal holds when it is opened, in the order in which it was written. */
  readonly onSpans: (spans: readonly Span[]) => void;
  readonly onLog: (entry: LogEntry) => void;
  /** These traces are not kept any more, and what is known of them is to be dropped. */
  readonly onForgotten: (traceIds: ReadonlySet<string>) => void;
  readonly onCleared: () => void;
  /** A sentence on what could not be read. */
  readonly onProblem: (problem: string) => void;
  readonly limits?: typeof LIMITS;
}

/** A file with some of the records; the last one is written to. */
interface Segment {
  readonly file: string;
  readonly number: number;
  bytes: number;
  readonly traceIds: Set<string>;
}

/**
 * Spans and log entries of traces on disk, in segments `00000001.jsonl` and so on of one JSON record per line. A record is
 * with the operating system when its method returns, so that it survives the end of this process, however that comes.
 */
export class TraceJournal {
  readonly #options: JournalOptions;
  readonly #limits: typeof LIMITS;
  /** Oldest first. */
  #segments: Segment[] = [];
  /** Of the last segment. */
  #descriptor: number;

  /** Reads what is there and goes on after it. A last record that was cut off is removed, and said. */
  constructor(options: JournalOptions) {
    this.#options = options;
    this.#limits = options.limits ?? LIMITS;
    mkdirSync(options.directory, { recursive: true });
    for (const name of readdirSync(options.directory).toSorted()) {
      const number = /^(\d{8})\.jsonl$/.exec(name)?.[1];
      if (number !== undefined) this.#read(join(options.directory, name), Number(number));
    }
    const last = this.#segments.pop() ?? this.#nextSegment();
    this.#descriptor = openSync(last.file, 'a');
    this.#segments.push(last);
    this.#forgetOldest();
  }

  appendSpans(spans: readonly Span[]): void {
    if (spans.length === 0) return;
    this.#append(stringify({ spans }), new Set(spans.map(({ traceId }) => traceId)));
  }

  /** The entry must be of a trace. */
  appendLog(log: LogEntry & { readonly traceId: string }): void {
    this.#append(JSON.stringify({ log } satisfies JournalRecord), [log.traceId]);
  }

  /** Removes everything. Killed in the middle of it, the journal is empty all the same when it is opened again. */
  clear(): void {
    this.#rotate();
    this.#append(JSON.stringify({ cleared: true } satisfies JournalRecord), []);
    this.#dropAllButLast();
  }

  dispose(): void {
    closeSync(this.#descriptor);
  }

  #append(json: string, traceIds: Iterable<string>): void {
    const segment = this.#segments.at(-1) ?? this.#nextSegment();
    const line = Buffer.from(`${json}\n`);
    try {
      appendFileSync(this.#descriptor, line);
    } catch (error) {
      // A part of the record may be written; the next one must begin a line of its own.
      ftruncateSync(this.#descriptor, segment.bytes);
      throw error;
    }
    segment.bytes += line.length;
    for (const traceId of traceIds) segment.traceIds.add(traceId);
    if (segment.bytes < this.#limits.segmentBytes) return;
    this.#rotate();
    this.#forgetOldest();
  }

  #rotate(): void {
    const segment = this.#nextSegment();
    const descriptor = openSync(segment.file, 'a');
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#segments.push(segment);
  }

  #nextSegment(): Segment {
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    const file = join(this.#options.directory, `${String(number).padStart(8, '0')}.jsonl`);
    return { file, number, bytes: 0, traceIds: new Set<string>() };
  }

  #dropAllButLast(): void {
    for (const { file } of this.#segments.slice(0, -1)) rmSync(file, { force: true });
    this.#segments = this.#segments.slice(-1);
  }

  #forgetOldest(): void {
    while (this.#segments.length > 1 && this.#bytes() > this.#limits.totalBytes) {
      const [oldest, ...rest] = this.#segments;
      if (!oldest) return;
      this.#segments = rest;
      // What is left of these traces in later segments would be half a trace.
      const forgotten = [...oldest.traceIds].filter((id) => rest.some(({ traceIds }) => traceIds.has(id)));
      for (const { traceIds } of rest) for (const id of forgotten) traceIds.delete(id);
      if (forgotten.length > 0) this.#append(JSON.stringify({ forgotten } satisfies JournalRecord), []);
      rmSync(oldest.file, { force: true });
      this.#options.onForgotten(oldest.traceIds);
    }
  }

  #bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #read(file: string, number: number): void {
    const content = readFileSync(file);
    const bytes = content.lastIndexOf('\n') + 1;
    if (bytes < content.length) {
      truncateSync(file, bytes);
      this.#options.onProblem(
        `the last record in ${file} was cut off, as a process that is killed leaves it; its ${content.length - bytes} bytes are dropped`,
      );
    }
    const segment: Segment = { file, number, bytes, traceIds: new Set() };
    this.#segments.push(segment);
    for (let start = 0, end = 0; start < bytes; start = end + 1) {
      end = content.indexOf('\n', start);
      try {
        const record: JournalRecord = JSON.parse(content.toString('utf8', start, end));
        this.#apply(record, segment);
      } catch (error) {
        this.#options.onProblem(`a record in ${file} at byte ${start} is skipped: ${String(error)}`);
      }
    }
  }

  #apply({ spans, log, forgotten, cleared }: JournalRecord, segment: Segment): void {
    const { onSpans, onLog, onForgotten, onCleared } = this.#options;
    if (spans) {
      onSpans(spans.map(spanFromJson));
      for (const { traceId } of spans) segment.traceIds.add(traceId);
    }
    if (log?.traceId !== undefined) {
      onLog(log);
      segment.traceIds.add(log.traceId);
    }
    if (forgotten) {
      onForgotten(new Set(forgotten));
      for (const { traceIds } of this.#segments) for (const id of forgotten) traceIds.delete(id);
    }
    if (cleared) {
      onCleared();
      this.#dropAllButLast();
    }
  }
}
