import { planResource } from '../../../local/terraform/plan';
import type { Attributes, ResourceType } from '../../../local/terraform/resource-type';
import { UNKNOWN } from '../../../local/terraform/resource-type';
import { complete } from '../../../local/terraform/block-values';
import { supportedType } from '../../../local/terraform/schema/supported-type';

const PROVIDER = { projectId: 'local-test', region: null };
const NOTHING: Pick<ResourceType<unknown>, 'create' | 'read' | 'update' | 'delete'> = {
  create: (planned) => Promise.resolve(planned),
  read: (state) => Promise.resolve(state),
  update: (planned) => Promise.resolve(planned),
  delete: () => Promise.resolve(),
};

/** Plans a Cloud Run service as Terraform would ask for it: what is configured over what was there before. */
function plan(behaviour: Partial<ResourceType<unknown>>, config: Attributes, prior: Attributes | null) {
  const supported = supportedType({
    ...NOTHING,
    type: 'google_cloud_run_v2_service',
    replaceOn: [],
    ...behaviour,
  });
  const before = prior && complete(prior, supported.schema);
  const proposed = { ...before, ...config };
  return planResource(supported, proposed, {
    config: complete(config, supported.schema),
    prior: before,
    provider: PROVIDER,
  });
}

/** A service with one container per image; `port` is computed, and null when it is not given. */
function service(containers: readonly { image: string; name?: string; ports?: Attributes[] }[]): Attributes {
  return { name: 's', location: 'europe-west1', template: [{ containers: [...containers] }] };
}

const PRIOR = {
  ...service([{ image: 'one', ports: [{ container_port: 80, name: 'http1' }] }]),
  project: 'local-test',
  id: 'services/s',
  uri: 'http://127.0.0.1:1',
  etag: 'a',
};

describe('the plan of a new resource', () => {
  it('has for what is computed an unknown value at every depth, and null for what is not', () => {
    const { planned, requiresReplace } = plan(
      {},
      service([{ image: 'one', ports: [{ container_port: 80 }] }]),
      null,
    );
    expect(planned).toMatchObject({
      project: 'local-test',
      uri: UNKNOWN,
      id: UNKNOWN,
      description: null,
      traffic: [],
      timeouts: null,
      template: [{ timeout: UNKNOWN, containers: [{ ports: [{ container_port: 80, name: UNKNOWN }] }] }],
    });
    expect(requiresReplace).toEqual([]);
  });

  it('keeps what the resource type knows already', () => {
    const { planned } = plan(
      { plan: (planned) => void (planned['id'] = 'known') },
      service([{ image: 'one' }]),
      null,
    );
    expect(planned).toMatchObject({ id: 'known', uri: UNKNOWN });
  });
});

describe('the plan of a resource that exists', () => {
  it('changes nothing when nothing is to change, not even what is computed and null', () => {
    const { planned } = plan({ changedByUpdate: ['etag'] }, {}, PRIOR);
    expect(planned).toMatchObject({ ...PRIOR, uid: null, etag: 'a' });
  });

  it('keeps computed values except those that an update changes', () => {
    const { planned } = plan({ changedByUpdate: ['etag', 'generation'] }, { description: 'new' }, PRIOR);
    expect(planned).toMatchObject({ uri: PRIOR.uri, etag: UNKNOWN, generation: UNKNOWN, uid: null });
  });

  it('leaves the new value that the resource type has planned for such a one', () => {
    const { planned } = plan(
      { changedByUpdate: ['etag'], plan: (planned) => void (planned['etag'] = 'b') },
      { description: 'new' },
      PRIOR,
    );
    expect(planned).toMatchObject({ etag: 'b' });
  });

  it('has unknown values only in the blocks that are new', () => {
    const { planned } = plan(
      {},
      service([
        { image: 'one', ports: [{ container_port: 80, name: 'http1' }] },
        { image: 'two', ports: [{ container_port: 81 }] },
      ]),
      PRIOR,
    );
    expect(planned).toMatchObject({
      template: [
        { timeout: null, containers: [{ ports: [{ name: 'http1' }] }, { ports: [{ name: UNKNOWN }] }] },
      ],
    });
  });

  it('names the place of every change that needs a replacement', () => {
    const { requiresReplace } = plan(
      {
        replaceOn: [
          'location',
          'name',
          'template.containers.image',
          'template.containers.ports.container_port',
        ],
      },
      {
        ...service([{ image: 'other', ports: [{ container_port: 80, name: 'http1' }] }, { image: 'two' }]),
        location: 'europe-west4',
      },
      PRIOR,
    );
    expect(requiresReplace).toEqual([
      ['location'],
      ['template', 0, 'containers', 0, 'image'],
      ['template', 0, 'containers', 1, 'image'],
    ]);
  });

  it('needs a replacement when such a value is not known yet', () => {
    const { requiresReplace } = plan(
      { replaceOn: ['location', 'template.containers'] },
      { template: UNKNOWN },
      PRIOR,
    );
    expect(requiresReplace).toEqual([['template']]);
  });
});
