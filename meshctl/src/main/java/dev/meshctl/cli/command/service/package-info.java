@NullMarked
package dev.meshctl.cli.command.service;

import org.jspecify.annotations.NullMarked;
