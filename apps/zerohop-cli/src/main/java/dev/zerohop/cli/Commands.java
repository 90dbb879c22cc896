package dev.zerohop.cli;

import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Creates the commands with their dependencies. */
final class Commands implements IFactory {
    private final Console console;

    private final Callers callers;

    Commands(Console console, Callers callers) {
        this.console = console;
        this.callers = callers;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        if (type == ServerCommand.class) {
            return type.cast(new ServerCommand(console));
        }
        if (type == CallCommand.class) {
            return type.cast(new CallCommand(console, callers));
        }
        if (type == DemoCommand.class) {
            return type.cast(new DemoCommand(console, callers));
        }
        if (type == WatchCommand.class) {
            return type.cast(new WatchCommand(console));
        }
        if (type == TopCommand.class) {
            return type.cast(new TopCommand(console));
        }
        if (type == ShardCommand.class) {
            return type.cast(new ShardCommand(console));
        }
        if (type == ShardMapCommand.class) {
            return type.cast(new ShardMapCommand(console));
        }
        if (type == RegisterCommand.class) {
            return type.cast(new RegisterCommand(console));
        }
        if (type == GatewayCommand.class) {
            return type.cast(new GatewayCommand(console, System.getenv()));
        }
        if (type == OrchestratorCommand.class) {
            return type.cast(new OrchestratorCommand(console));
        }
        if (type == DoctorCommand.class) {
            return type.cast(new DoctorCommand(console));
        }
        if (type == SimCommand.class) {
            return type.cast(new SimCommand(console));
        }
        if (type == CompletionCommand.class) {
            return type.cast(new CompletionCommand(console));
        }
        return CommandLine.defaultFactory().create(type);
    }
}
