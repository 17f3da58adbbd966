/* What came of handing bytes on: the one word of back-pressure. */
#ifndef BASE_FLOW_H
#define BASE_FLOW_H

enum flow {
	FLOW_GO,   /* taken; more is welcome */
	FLOW_FULL, /* taken, too; wait to be told before giving more */
	FLOW_STOP, /* the receiver has failed: give no more */
};

#endif
