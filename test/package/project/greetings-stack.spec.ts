import { Testing } from 'cdktf';
import { GreetingsStack } from './greetings-stack';

test('the stack is synthesized as it was', () => {
  expect(Testing.synth(new GreetingsStack(Testing.app()), true)).toMatchSnapshot();
});
