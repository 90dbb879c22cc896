package dev.zerohop;

/** An integer key. */
record LongKey(long number) implements EndpointSelector {

    @Override
    public int hashableIdentifier() {
        return (int) number;
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
