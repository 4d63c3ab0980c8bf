import { callerOf, type SourceLocation } from '../../../services/telemetry/source-location';
import { withStacks } from './with-stacks';

/** Where a stack with this frame says that a function was called from. */
function told(frame: string): SourceLocation | undefined {
  return withStacks(`Error\n${frame}`, callee);
}

function callee(): SourceLocation | undefined {
  return callerOf(callee);
}

test.each<[string, SourceLocation | undefined]>([
  ['    at store (/app/main.js:12:34)', { file: '/app/main.js', line: 12, function: 'store' }],
  ['    at async store (/app/main.js:12:34)', { file: '/app/main.js', line: 12, function: 'store' }],
  ['    at new Store (/app/main.js:12:34)', { file: '/app/main.js', line: 12, function: 'Store' }],
  [
    '    at Store.write [as put] (/app/main.js:12:34)',
    { file: '/app/main.js', line: 12, function: 'Store.write [as put]' },
  ],
  ['    at file:///app/main.mjs:12:34', { file: 'file:///app/main.mjs', line: 12, function: '' }],
  ['    at async file:///app/main.mjs:12:34', { file: 'file:///app/main.mjs', line: 12, function: '' }],
  [
    String.raw`    at store (C:\my app (1)\main.js:12:34)`,
    { file: String.raw`C:\my app (1)\main.js`, line: 12, function: 'store' },
  ],
  ['    at store (<anonymous>)', undefined],
  ['', undefined],
])('the frame %j is understood', (frame, location) => {
  expect(told(frame)).toEqual(location);
});
