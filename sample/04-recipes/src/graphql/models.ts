import { Field, Int, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class Author {
  @Field(() => Int)
  readonly id!: number;

  @Field()
  readonly name!: string;
}

/** Its other fields are resolved when they are asked for. */
@ObjectType()
export class Book {
  @Field(() => Int)
  readonly id!: number;

  @Field()
  readonly title!: string;

  readonly authorId!: number;
}
