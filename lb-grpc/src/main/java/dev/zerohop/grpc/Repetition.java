package dev.zerohop.grpc;

import io.grpc.Metadata;

/**
 * What an attempt's header says of the attempts before it. grpc adds one value to the headers of each repetition and none to a first attempt; values that were
 * there before came with metadata that the application forwards from another call.
 *
 * @param number the newest value, 0 for none
 * @param values how many values there are
 */
record Repetition(int number, int values) {
    static final Metadata.Key<String> HEADER =
            Metadata.Key.of("grpc-previous-rpc-attempts", Metadata.ASCII_STRING_MARSHALLER);

    static final Repetition NONE = new Repetition(0, 0);

    static Repetition of(Metadata headers) {
        Iterable<String> all = headers.getAll(HEADER);
        if (all == null) {
            return NONE;
        }
        int values = 0;
        int number = 0;
        for (String value : all) {
            values++;
            number = parse(value);
        }
        return new Repetition(number, values);
    }

    /** Whether this can be the repetition that follows {@code before}: the first one brings grpc's value, later ones replace it. */
    boolean continues(Repetition before) {
        return number == 1
                ? values == before.values + 1
                : number > 1 && values == before.values && number == before.number + 1;
    }

    private static int parse(String value) {
        try {
            return Math.max(0, Integer.parseInt(value));
        } catch (NumberFormatException foreign) {
            return 0;
        }
    }
}
