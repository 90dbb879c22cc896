package dev.zerohop;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/** An immutable list over an array that nothing writes any more. Copied and spliced by whole stretches, so that lists of thousands which differ in one place cost little. */
final class Frozen<E> extends AbstractList<E> implements RandomAccess {
    private final E[] elements;

    /** Takes the array over. */
    Frozen(E[] elements) {
        this.elements = elements;
    }

    /** The candidates, without a copy if nothing can write them. */
    static Frozen<Candidate> copyOf(List<Candidate> candidates) {
        return candidates instanceof Frozen<Candidate> frozen
                ? frozen
                : new Frozen<>(List.copyOf(candidates).toArray(new Candidate[0]));
    }

    /** The same list as one of a wider type, which is safe since nothing can be added to it. */
    @SuppressWarnings("unchecked")
    static <E> List<E> widened(Frozen<? extends E> list) {
        return (List<E>) list;
    }

    /** What the list holds; not to be written. */
    static Object[] elements(List<?> list) {
        return list instanceof Frozen<?> frozen ? frozen.elements : list.toArray();
    }

    @Override
    public E get(int index) {
        return elements[index];
    }

    @Override
    public int size() {
        return elements.length;
    }

    /** The list with others in place of those from {@code from} until before {@code to}. */
    Frozen<E> with(int from, int to, E[] others) {
        int tail = elements.length - to;
        E[] next = Arrays.copyOf(elements, from + others.length + tail);
        System.arraycopy(others, 0, next, from, others.length);
        System.arraycopy(elements, to, next, from + others.length, tail);
        return new Frozen<>(next);
    }

    /** The list without those at these positions, which ascend. */
    Frozen<E> without(int[] positions) {
        if (positions.length == 0) {
            return this;
        }
        E[] next = Arrays.copyOf(elements, elements.length - positions.length);
        for (int i = 0; i < positions.length; i++) {
            int from = positions[i] + 1;
            int to = i + 1 < positions.length ? positions[i + 1] : elements.length;
            System.arraycopy(elements, from, next, positions[i] - i, to - from);
        }
        return new Frozen<>(next);
    }

    @Override
    public Object[] toArray() {
        return Arrays.copyOf(elements, elements.length, Object[].class);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T[] toArray(T[] given) {
        return given.length < elements.length
                ? (T[]) Arrays.copyOf(elements, elements.length, given.getClass())
                : super.toArray(given);
    }
}
