package dev.zerohop.cli;

/** Rejects values of options, with one form of message. */
final class Checks {
    private Checks() {}

    static void that(boolean holds, String option, Object value, String expected) {
        if (!holds) {
            throw new BadInput(option + " was '" + value + "', expected " + expected);
        }
    }

    static void between(String option, long value, long least, long most) {
        that(value >= least && value <= most, option, value, least + " to " + most);
    }

    static void port(String option, int port) {
        between(option, port, 0, 65_535);
    }
}
