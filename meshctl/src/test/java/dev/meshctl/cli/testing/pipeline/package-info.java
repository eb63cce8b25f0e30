/**
 * Runs the pipelines that the documentation shows: what GitHub Actions and GitLab CI require of their files, and how they
 * run the commands in them.
 */
@NullMarked
package dev.meshctl.cli.testing.pipeline;

import org.jspecify.annotations.NullMarked;
