import {
  Arg,
  Args,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  GraphQLISODateTime,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { BigIntScalar } from '../graphql/scalars.ts'
import { BusyError } from '../vault/vault.service.ts'
import { deleteUnawaited } from './forget.ts'
import { UnawaitedFile } from './unawaited-file.entity.ts'

@ObjectType({ simpleResolvers: true, description: 'What nobody awaits in the folders of one agent' })
export class UnawaitedOfAgent {
  @Field(() => String)
  agentId!: string

  @Field(() => Int)
  files!: number

  @Field(() => BigIntScalar, { description: 'Bytes' })
  size!: number

  @Field(() => BigIntScalar, { description: 'Bytes of it that the vault holds as well, intact' })
  provenSize!: number

  @Field(() => GraphQLISODateTime, { description: 'Since when the oldest lies there' })
  since!: Date
}

export const UnawaitedFileConnection = connectionOf(UnawaitedFile, 'UnawaitedFile')

@Resolver(() => UnawaitedFile)
export class UnawaitedResolver {
  @Authorized(Scope.READ)
  @Query(() => [UnawaitedOfAgent], {
    description: 'What has lain in deposit and quarantine for a day and nobody awaits, by agent, the most first',
  })
  unawaitedByAgent(@Ctx() { deposit }: Context): Promise<UnawaitedOfAgent[]> {
    return deposit.unawaitedByAgent()
  }

  @Authorized(Scope.READ)
  @Query(() => UnawaitedFileConnection, { description: 'The same, file by file, the largest first' })
  unawaitedFiles(@Args(() => PageArgs) args: PageArgs, @Ctx() { deposit }: Context): Promise<Page<Row<UnawaitedFile>>> {
    return deposit.unawaited(args)
  }

  @Authorized(Scope.OPERATE)
  @Mutation(() => UnawaitedFile, {
    description:
      'Deletes a file that nobody awaits, for good, whether the vault holds it or not. Errors: NOT_FOUND, AWAITED, UNSEEN, BUSY',
  })
  async deleteUnawaitedFile(
    @Arg('id', () => ID) id: string,
    @Ctx() { scanner, caller }: Context,
  ): Promise<Row<UnawaitedFile>> {
    const deleted = await scanner.exclusively((scan) => deleteUnawaited(scan, id, caller.name))
    if (deleted === null) throw new BusyError()
    return deleted
  }

  @FieldResolver(() => Boolean, { description: 'Whether the vault holds the same content, intact' })
  isProven(@Root() { provenBy }: Row<UnawaitedFile>): boolean {
    return provenBy !== null
  }
}
