package dev.zerohop;

import dev.zerohop.internal.Xxh64;

/** A text key with its hash computed once: retries and SPILL ask again. */
record TextKey(String text, long hash) implements EndpointSelector {

    TextKey(String text) {
        this(text, Xxh64.hashUtf8(text));
    }

    @Override
    public int hashableIdentifier() {
        return (int) hash;
    }

    /** For explanations and errors: a key may hold what steers a terminal. */
    @Override
    public String toString() {
        return '"' + Printable.text(text) + '"';
    }
}
