/** The {@code zerohop} command line: {@code demo}, {@code server}, {@code call}, {@code watch}, {@code shard}. */
@NullMarked
package dev.zerohop.cli;

import org.jspecify.annotations.NullMarked;
