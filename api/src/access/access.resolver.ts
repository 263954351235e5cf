import {
  Arg,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Machine } from '../machines/machine.entity.ts'
import { readAgent } from './agent-download.ts'
import { ApiClient } from './api-client.entity.ts'
import { Scope } from '../graphql/scope.ts'

@ObjectType({ simpleResolvers: true })
export class NewToken {
  @Field(() => String, { description: 'The token. It is shown here once and can never be read again' })
  token!: string

  @Field(() => ID)
  id!: string
}

@ObjectType({ simpleResolvers: true, description: 'The agent that this Vigie hands out at /agent.mjs' })
export class AgentDownload {
  @Field(() => String, { description: 'SHA-256 of the file, hexadecimal' })
  sha256!: string

  @Field(() => String, {
    nullable: true,
    description: 'How agents reach this Vigie (VIGIE_PUBLIC_URL); null = as your browser does',
  })
  server!: string | null
}

@Resolver(() => ApiClient)
export class AccessResolver {
  @Authorized(Scope.ADMIN)
  @Query(() => [ApiClient], { description: 'Every token, newest first, revoked ones included' })
  apiClients(@Ctx() { access }: Context): Promise<Row<ApiClient>[]> {
    return access.clients()
  }

  @Authorized(Scope.READ)
  @Query(() => Boolean, { description: 'True: this is the demo, whose machines, disks and backups do not exist' })
  isDemo(@Ctx() { access }: Context): Promise<boolean> {
    return access.isDemo()
  }

  @Authorized(Scope.READ)
  @Query(() => AgentDownload, { nullable: true, description: 'Null where the agent was not built' })
  agentDownload(@Ctx() { publicUrl }: Context): AgentDownload | null {
    const agent = readAgent()
    return agent && { sha256: agent.sha256, server: publicUrl }
  }

  @Authorized(Scope.ADMIN)
  @Mutation(() => NewToken, {
    description: 'Makes a token. A report token speaks for the first machine that it reports for',
  })
  createToken(
    @Arg('name', () => String) name: string,
    @Arg('scopes', () => [Scope], { defaultValue: [Scope.REPORT] }) scopes: Scope[],
    @Arg('anyMachine', () => Boolean, { defaultValue: false }) anyMachine: boolean,
    @Ctx() { access, caller }: Context,
  ): Promise<NewToken> {
    return access.createToken(name, scopes, anyMachine, caller.name)
  }

  @Authorized(Scope.ADMIN)
  @Mutation(() => ApiClient, {
    description: 'Says for which machine and which backup agents a token reports. Errors: NOT_FOUND, BAD_USER_INPUT',
  })
  bindToken(
    @Arg('id', () => ID) id: string,
    @Ctx() { access, caller }: Context,
    @Arg('machineId', () => ID, { nullable: true, description: 'Omitted = as it is; null = none yet' })
    machineId?: string | null,
    @Arg('agents', () => [String], { nullable: true, description: 'All of them; omitted or null = as they are' })
    agents?: string[] | null,
  ): Promise<Row<ApiClient>> {
    return access.bindToken(
      id,
      { ...(machineId === undefined ? {} : { machineId }), agents: agents ?? null },
      caller.name,
    )
  }

  @Authorized(Scope.ADMIN)
  @Mutation(() => ApiClient, { description: 'Ends a token at once' })
  revokeToken(@Arg('id', () => ID) id: string, @Ctx() { access, caller }: Context): Promise<Row<ApiClient>> {
    return access.revoke(id, caller.name)
  }

  @FieldResolver(() => Machine, {
    nullable: true,
    description: 'The machine that a report token speaks for; null = none yet, or any',
  })
  async machine(@Root() client: Row<ApiClient>, @Ctx() { machines }: Context): Promise<Row<Machine> | null> {
    return client.machine ? machines.load(client.machine) : null
  }
}
