import * as fc from 'fast-check';
import { ServiceCode, ServiceGraph, TracedCloudRunService } from '../../constructs';
import { refusalCode, testStack } from '../helpers/synth';

const code = ServiceCode.fromImage('image');

/** Calls of up to five services, each to later ones only, so that there is no cycle. */
const calls = fc.uniqueArray(
  fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 4 }))
    .filter(([caller, callee]) => caller < callee),
  { maxLength: 8, selector: ([caller, callee]) => `${caller}-${callee}` },
);

function compose(edges: readonly (readonly [number, number, number])[]) {
  const stack = testStack();
  const services = Array.from(
    { length: 5 },
    (_, index) => new TracedCloudRunService(stack, `service-${index}`, { code }),
  );
  for (const [caller, callee, seconds] of edges) {
    const to = services[callee];
    if (to) services[caller]?.calls(to, { deadlineMs: seconds * 1000 });
  }
  return { stack, services };
}

/** Every way of two or more calls, each from the callee of the one before. */
function paths(edges: readonly (readonly [number, number, number])[]): number[][] {
  const from = (service: number): number[][] =>
    edges
      .filter(([caller]) => caller === service)
      .flatMap(([, callee, seconds]) => [[seconds], ...from(callee).map((rest) => [seconds, ...rest])]);
  return [0, 1, 2, 3, 4].flatMap(from).filter(({ length }) => length > 1);
}

test('a stack is valid exactly where the deadlines fall along every path', () => {
  const property = fc.property(calls, (edges) => {
    const fall = paths(edges).every((path) =>
      path.every((seconds, index) => index === 0 || seconds < (path[index - 1] ?? 0)),
    );
    const { stack } = compose(edges);
    expect(refusalCode(() => stack.runAllValidations())).toBe(fall ? undefined : 'TCR031');
  });
  expect(() => fc.assert(property, { numRuns: 20 })).not.toThrow();
});

test('the order of calls has every service once, and each before those it calls', () => {
  const property = fc.property(calls, (edges) => {
    const { stack, services } = compose(edges);
    const order = ServiceGraph.of(stack).inCallOrder();
    expect(new Set(order)).toEqual(new Set(services));
    expect(order).toHaveLength(services.length);
    const wrong = services.flatMap((caller) =>
      ServiceGraph.of(stack)
        .callsOf(caller)
        .filter(({ callee }) => order.indexOf(caller) > order.indexOf(callee)),
    );
    expect(wrong).toEqual([]);
  });
  expect(() => fc.assert(property, { numRuns: 20 })).not.toThrow();
});
