import { telemetry } from '../telemetry/boot';
import { Storage } from '@google-cloud/storage';
import { runService } from '../run-service';
import { parseBucket, parseTelemetrySettings } from '../telemetry/settings';
import { buildStorage } from './app';
import { DocumentStore } from './document-store';

/** The bucket's name in the construct. */
const BUCKET = 'documents';

/** Telemetry ends requests at their deadline; without it, one whose caller has stopped waiting ends after this time. */
const REQUEST_TIMEOUT_MS = 30_000;

void runService(
  () => {
    const bucket = parseBucket(process.env, BUCKET);
    const { region } = parseTelemetrySettings(process.env).settings;
    const storage = new Storage({ timeout: REQUEST_TIMEOUT_MS, retryOptions: { autoRetry: false } });
    return buildStorage({
      store: new DocumentStore(storage.bucket(bucket.bucket), { ...bucket, name: BUCKET, region }),
    });
  },
  { telemetry },
);
