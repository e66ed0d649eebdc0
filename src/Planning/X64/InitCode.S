# The parked init of a container: an interpreter for a table of system calls.
#
# The runtime writes an ELF file of this code, a table of operations and their data into a sealed memfd; the container's
# first process execs it as the last thing it does in the runtime's own image. From then on /proc/PID/exe is a sealed file of
# a few pages (CVE-2019-5736) and the process owns a stack, a register file and nothing else.
#
# An operation is 64 bytes (struct Op in Op.cs):
#   0 u16 nr     system call number
#   2 u8  kind   0 system call, 1 set register, 2 test memory, 3 test register, 4 fail
#   3 u8  from   1 + register that replaces the first argument, 0 for none
#   4 u16 step   index of the plan step, for error records
#   6 u16 errno  tolerated error, 0 for none
#   8 u16 errno  another, 0xffff for any
#  10 s16 then   operations to move on by after success, 0 for 1
#  12 s16 else   the same after a tolerated error or a failed test; a test with 0 fails with the errno in args[3]
#  14 u8  to     1 + register that takes the result, 0 for none
#  15 u8         not for this code
#  16 u64 args[6]
# kind 1: register[args[0]] = args[1]
# kind 2: (*(u32 *)args[0] & args[1]) == args[2]
# kind 3: register[args[0]] == args[1]
# kind 4: fails with errno args[3]
# Register 0 of 16 is the file descriptor that takes the error record.
    .set OPS, 0x400300
    .set REGISTERS, 0x600000
    .set RECORD, 0x600080
    .globl _start
_start:
    mov $OPS, %ebx
    mov $REGISTERS, %ebp
next:
    movzbl 2(%rbx), %ecx
    jecxz call
    dec %ecx
    jz set
    dec %ecx
    jz test_memory
    dec %ecx
    jz test_register
fail_with:
    mov 40(%rbx), %rax
    jmp fail
set:
    mov 16(%rbx), %rcx
    mov 24(%rbx), %rax
    mov %rax, (%rbp,%rcx,8)
    jmp succeeded
test_memory:
    mov 16(%rbx), %rcx
    mov (%rcx), %eax
    and 24(%rbx), %eax
    cmp 32(%rbx), %eax
    jmp tested
test_register:
    mov 16(%rbx), %rcx
    mov (%rbp,%rcx,8), %rax
    cmp 24(%rbx), %rax
tested:
    je succeeded
    cmpw $0, 12(%rbx)
    je fail_with
    jmp otherwise
call:
    mov 16(%rbx), %rdi
    mov 24(%rbx), %rsi
    mov 32(%rbx), %rdx
    mov 40(%rbx), %r10
    mov 48(%rbx), %r8
    mov 56(%rbx), %r9
    movzbl 3(%rbx), %ecx
    jecxz 1f
    mov -8(%rbp,%rcx,8), %rdi
1:  movzwl (%rbx), %eax
    syscall
    cmp $-4095, %rax
    jae failed
    movzbl 14(%rbx), %ecx
    jecxz succeeded
    mov %rax, -8(%rbp,%rcx,8)
succeeded:
    movswq 10(%rbx), %rax
    jmp advance
failed:
    neg %rax
    cmp $4, %eax                # EINTR: again
    je call
    cmp %ax, 6(%rbx)
    je otherwise
    cmp %ax, 8(%rbx)
    je otherwise
    cmpw $-1, 8(%rbx)
    jne fail
otherwise:
    movswq 12(%rbx), %rax
advance:
    test %rax, %rax
    jnz 2f
    inc %eax
2:  shl $6, %rax
    add %rax, %rbx
    jmp next
fail:                           # {u32 2, u32 step, u32 nr, u32 errno, u64 operation, u64 0}
    mov $RECORD, %esi
    movl $2, (%rsi)
    movzwl 4(%rbx), %ecx
    mov %ecx, 4(%rsi)
    movzwl (%rbx), %ecx
    mov %ecx, 8(%rsi)
    mov %eax, 12(%rsi)
    sub $OPS, %rbx
    shr $6, %rbx
    mov %rbx, 16(%rsi)
    mov (%rbp), %rdi
    mov $32, %edx
    mov $1, %eax
    syscall
    mov $1, %edi
    mov $231, %eax
    syscall
