/** How keys are divided among members: pure functions from loads and members to the next assignment. */
@NullMarked
package dev.zerohop.sharding.plan;

import org.jspecify.annotations.NullMarked;
