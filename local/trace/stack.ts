import { URL_FULL } from './attribute-names';
import { firstAttribute, type Span } from './span';

/** Where a resource is written down, so that somebody can change it. */
export interface StackResource {
  /** Terraform address, such as `google_storage_bucket.documents`; the resource's name where that is not known. */
  readonly address: string;
  /** Path of the construct that made it, such as `pipeline-local/storage/bucket-documents`. */
  readonly construct?: string;
}

export interface StackService extends StackResource {
  /** Name in Cloud Run. */
  readonly name: string;
  /** `service.name` of its spans. */
  readonly spanService: string;
  /** Region. */
  readonly location: string;
  /** Email of its service account. */
  readonly account: string;
  /** Base URL; absent where the trace is older than the deployment. */
  readonly uri?: string;
  /** Names in Cloud Run of the services whose URL it is given. */
  readonly calls: readonly string[];
  /** The variable in its environment that turns its telemetry off. */
  readonly turnedOffBy?: TurningOff;
}

/** OpenTelemetry's variables with the values that stop the spans of a service; the first stops its trace headers too. */
export const TURNING_OFF = { OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'none' } as const;

type TurningOff = keyof typeof TURNING_OFF;

interface StackBucket extends StackResource {
  readonly name: string;
  /** In upper case, as Cloud Storage spells it. */
  readonly location: string;
}

/** What is deployed, as far as it can be the reason of something. */
export interface Stack {
  readonly services: readonly StackService[];
  readonly buckets: readonly StackBucket[];
}

export function serviceOfSpans(stack: Stack, spanService: string): StackService | undefined {
  return stack.services.find((service) => service.spanService === spanService);
}

/** The deployed service that a client span calls. */
export function calledService(stack: Stack, span: Span): StackService | undefined {
  const url = firstAttribute(span, URL_FULL);
  if (span.kind !== 'client' || typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  return stack.services.find(({ uri }) => uri !== undefined && new URL(uri).origin === origin);
}

/** The address, and the construct where it is known. */
export function whereToChange({ address, construct }: StackResource): string {
  return construct === undefined ? address : `${address} (construct ${construct})`;
}
