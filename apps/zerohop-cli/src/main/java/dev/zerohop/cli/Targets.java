package dev.zerohop.cli;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.Target;

/** Reads the target that a user gave. */
final class Targets {
    private Targets() {}

    /** A target that its scheme's provider accepts. */
    static Target parse(String text) {
        Target target;
        try {
            target = Target.parse(text);
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        }
        newResolver(target).close();
        return target;
    }

    /** A resolver for the target, not started. */
    static Resolver newResolver(Target target) {
        try {
            return target.newResolver(Env.system());
        } catch (IllegalArgumentException rejected) {
            throw new BadInput(String.valueOf(rejected.getMessage()));
        }
    }
}
