/** What one Terraform resource type does in the local cloud; the provider does everything that is common to all. */

/** A value Terraform does not know yet during a plan. */
export const UNKNOWN: unique symbol = Symbol('unknown');

/**
 * A Terraform value as the provider hands it around. Lists, sets and nested blocks are arrays, objects and maps plain
 * objects; every attribute of the schema is present, `null` where it is not set.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | typeof UNKNOWN
  | readonly Value[]
  | { readonly [name: string]: Value };

/** All attributes and blocks of one resource, by name. */
export type Attributes = Record<string, Value>;

/** The provider block that is in force for the resource. */
export interface ProviderConfig {
  /** Always starts with `local-`. */
  readonly projectId: string;
  readonly region: string | null;
  /** `default_labels` of the provider block; what uses them is in labels.ts. */
  readonly defaultLabels?: Readonly<Record<string, string>>;
  /**
   * When resources get the label `goog-terraform-provisioned`, as `add_terraform_attribution_label` and
   * `terraform_attribution_label_addition_strategy` of the provider block say.
   */
  readonly attributionLabel?: 'never' | 'on-create' | 'always';
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** What is wrong, in one line. */
  readonly summary: string;
  /** What to do about it. */
  readonly detail?: string;
  /** Names and list indexes from the resource to the attribute. */
  readonly path?: readonly (string | number)[];
}

export interface ResourceErrorOptions extends ErrorOptions {
  /** What to do about it. */
  readonly detail?: string;
  /** Names and list indexes from the resource to the attribute that is at fault. */
  readonly path?: readonly (string | number)[];
  /**
   * What exists in spite of the error. A failed create that gives it leaves a tainted resource, which the next apply
   * replaces; one without it leaves nothing. A failed update without it keeps the prior state.
   */
  readonly state?: Attributes;
}

/** An error that becomes a Terraform diagnostic instead of a crash of the provider. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';
  readonly detail: string | undefined;
  readonly path: readonly (string | number)[] | undefined;
  readonly state: Attributes | undefined;

  constructor(message: string, options: ResourceErrorOptions = {}) {
    super(message, options);
    this.detail = options.detail;
    this.path = options.path;
    this.state = options.state;
  }
}

/**
 * Behaviour of one resource type. `Products` is the part of the local cloud it needs. `create`, `read` and `update`
 * return all attributes with no UNKNOWN left; they may throw ResourceError. Attributes and blocks that they leave out
 * count as absent. The provider itself takes care of `timeouts`, and of `project` where it is not configured.
 */
export interface ResourceType<Products> {
  /** Such as `google_storage_bucket`. */
  readonly type: string;
  /**
   * Paths whose change replaces the resource, as ForceNew does in the real provider: attribute names joined by dots,
   * without list indexes, such as `location` or `user_labels` or `replication.auto`.
   */
  readonly replaceOn: readonly string[];
  /**
   * Computed attributes (top-level names) that may change on an in-place update and so become unknown again in the
   * plan of one, such as `etag` or `latest_ready_revision`.
   */
  readonly changedByUpdate?: readonly string[];
  /**
   * Paths, written as in `replaceOn`, of attributes that `plan` gives a value when the configuration does not, although
   * the real schema calls them optional only: its defaults, such as `storage_class`. The derived schema then calls them
   * optional and computed, without which Terraform refuses the value.
   */
  readonly defaults?: readonly string[];
  /** Paths, written as in `replaceOn`, of attributes whose values Terraform must not print. */
  readonly sensitive?: readonly string[];
  /** Refusals that the schema cannot express, before anything is planned. Values may be UNKNOWN. */
  validate?(config: Attributes): Diagnostic[];
  /**
   * Fills in, in place, what a plan can know already: defaults of optional+computed attributes, and values that follow
   * from others such as an `email`. What is computed and still null afterwards becomes unknown on create and keeps its
   * prior value on update. Never touches a value that the configuration sets.
   */
  plan?(planned: Attributes, request: PlanRequest): void;
  create(planned: Attributes, request: Request<Products>): Promise<Attributes>;
  /** Null when the resource is gone. */
  read(state: Attributes, request: Request<Products>): Promise<Attributes | null>;
  update(planned: Attributes, prior: Attributes, request: Request<Products>): Promise<Attributes>;
  delete(state: Attributes, request: Request<Products>): Promise<void>;
  /** State of an existing resource by the id that `terraform import` is given. Null when there is none. */
  import?(id: string, request: Request<Products>): Promise<Attributes | null>;
}

export interface PlanRequest {
  readonly config: Attributes;
  /** Null on create. */
  readonly prior: Attributes | null;
  readonly provider: ProviderConfig;
}

export interface Request<Products> {
  readonly products: Products;
  readonly provider: ProviderConfig;
}
