import {
  Args,
  ArgsType,
  Authorized,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Query,
  Resolver,
  Root,
} from 'type-graphql'
import type { Row } from '../database/rows.ts'
import type { Context } from '../graphql/context.ts'
import { Scope } from '../graphql/scope.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf, type Page, PageArgs } from '../platform/page.ts'
import { ContainerStanding } from './container-standing.ts'
import type { ContainerConditions } from './docker.service.ts'
import { ImageUpdate } from './image-update.ts'
import { MachineContainer } from './machine-container.entity.ts'
import { MachineDocker } from './machine-docker.entity.ts'

@InputType()
export class ContainerFilter implements ContainerConditions {
  @Field(() => ID, { nullable: true, description: 'Of this machine' })
  machine?: string | null

  @Field(() => String, { nullable: true, description: 'Part of the name, or of the image' })
  search?: string | null

  @Field(() => [ContainerStanding], { nullable: true, description: 'One of these' })
  standing?: ContainerStanding[] | null

  @Field(() => [ImageUpdate], { nullable: true, description: 'One of these' })
  update?: ImageUpdate[] | null
}

@ArgsType()
export class ContainersArgs extends PageArgs {
  @Field(() => ContainerFilter, { nullable: true })
  filter?: ContainerFilter | null
}

export const MachineContainerConnection = connectionOf(MachineContainer, 'MachineContainer')

@Resolver(() => MachineContainer)
export class ContainersResolver {
  @Authorized(Scope.READ)
  @Query(() => MachineContainerConnection, { description: 'Containers of machines in service, by name' })
  containers(
    @Args(() => ContainersArgs) { filter, ...page }: ContainersArgs,
    @Ctx() { docker }: Context,
  ): Promise<Page<Row<MachineContainer>>> {
    return docker.containers(filter, page)
  }

  @FieldResolver(() => Machine)
  machine(@Root() { machine }: Row<MachineContainer>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(machine)
  }
}

@Resolver(() => Machine)
export class MachineDockersResolver {
  @FieldResolver(() => MachineDocker, {
    nullable: true,
    description: 'Its container engine; null = it told nothing of it',
  })
  docker(@Root() { id }: Row<Machine>, @Ctx() { docker }: Context): Promise<Row<MachineDocker> | null> {
    return docker.ofMachine(id)
  }
}
