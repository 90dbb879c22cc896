package dev.zerohop.cli;

import picocli.CommandLine.Command;

/** The {@code zerohop} program with only its demo: for class paths without the dependencies of the other commands. */
@Command(name = "zerohop", subcommands = DemoCommand.class)
public final class DemoMain implements Runnable {
    private DemoMain() {}

    /** Runs the demo and ends the process with its exit code. */
    public static void main(String[] args) {
        Main.endWith(new DemoMain(), args);
    }

    @Override
    public void run() {
        throw new BadInput("no command given, expected demo");
    }
}
