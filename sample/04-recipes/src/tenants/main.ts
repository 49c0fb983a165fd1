import 'reflect-metadata';
import { startRecipe } from '../start-recipe.js';
import { SettingsModule } from './settings.module.js';

await startRecipe('The settings', SettingsModule);
