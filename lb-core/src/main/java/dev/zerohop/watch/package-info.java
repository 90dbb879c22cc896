/**
 * Local copies of what a store holds: {@link dev.zerohop.watch.ListWatch} is what the store implements, {@link dev.zerohop.watch.Reflector} lists, watches
 * and starts again on any doubt, {@link dev.zerohop.watch.WatchPolicy} says how patiently. For authors of sources.
 */
@org.jspecify.annotations.NullMarked
package dev.zerohop.watch;
