import { App } from 'cdktf';
import { GreetingsStack } from './greetings-stack';

const app = new App();
new GreetingsStack(app);
app.synth();
