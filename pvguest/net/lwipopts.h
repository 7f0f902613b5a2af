/* SPDX-License-Identifier: MIT */
/* lwIP as this guest uses it: its callbacks, on one thread, with memory of its own. */
#ifndef PVGUEST_LWIPOPTS_H
#define PVGUEST_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ICMP 1
#define LWIP_DHCP 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_STATS 0
#define LWIP_NETIF_STATUS_CALLBACK 0

#define MEM_ALIGNMENT 8
#define MEM_SIZE (1536 * 1024)
#define PBUF_POOL_SIZE 512
#define PBUF_POOL_BUFSIZE 2048
#define MEMP_NUM_PBUF 1024
#define MEMP_NUM_TCP_PCB 64
#define MEMP_NUM_TCP_SEG 2048
#define ARP_QUEUEING 1

#define TCP_MSS 1460
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 3
#define TCP_WND (256 * 1024)
#define TCP_SND_BUF (256 * 1024)
#define TCP_SND_QUEUELEN 1024
#define TCP_SNDLOWAT 32768
#define TCP_QUEUE_OOSEQ 1
#define LWIP_TCP_SACK_OUT 1
#define TCP_OVERSIZE 0

/* A datagram of 65,000 bytes comes in 45 fragments, each perhaps of two buffers. */
#define IP_REASSEMBLY 1
#define IP_REASS_MAX_PBUFS 256
#define IP_FRAG 1
#define MEMP_NUM_FRAG_PBUF 256

/* What has been checked, or is left to the other side, differs from frame to frame. */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_CHKSUM_ALGORITHM 3

#endif
